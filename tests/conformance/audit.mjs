// The audit suite of graphql-http against a running service.
// node audit.mjs URL [TOKEN]: prints one JSON line {passed, total, failed: [{id, name, kind, reason}]}; exit 1 when a MUST or a SHOULD failed.
import { auditServer } from 'graphql-http';

const [url, token] = process.argv.slice(2);
if (!url) {
  console.error('usage: node audit.mjs URL [TOKEN]');
  process.exit(2);
}

// One MUST asks for __type, so the suite speaks with an integrator's token.
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) } });

const results = await auditServer({ url, fetchFn });
const failed = [];
for (const result of results) {
  if (result.status === 'ok') continue;
  const kind = result.name.split(' ')[0];
  failed.push({ id: result.id, name: result.name, kind, reason: result.reason });
}
console.log(JSON.stringify({ passed: results.length - failed.length, total: results.length, failed }));
process.exit(failed.some(({ kind }) => kind === 'MUST' || kind === 'SHOULD') ? 1 : 0);

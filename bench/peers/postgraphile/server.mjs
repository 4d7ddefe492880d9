// PostGraphile on the tables of the service, behind the same wall: `node server.mjs <database url> <port>`, beside an installed node_modules.
// At its best: built once, no watching, no explaining, no pages for people, statements prepared, as many connections as a worker of the service.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [, , databaseUrl, port] = process.argv;
const OLDEST = 22;
const CONNECTIONS = 10;

// on Node 20 it starts, answers every request with errors, and looks like a winner
if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  throw new Error(`PostGraphile 5 needs Node ${OLDEST} or later, this is ${process.version}`);
}

// what is installed stands in the folder of the run, not beside this file
const load = createRequire(`${process.cwd()}/`);
const { PostGraphileAmberPreset } = load("postgraphile/presets/amber");
const { makePgService } = load("postgraphile/adaptors/pg");
const { addPgTableCondition } = load("postgraphile/utils");
const { postgraphile } = load("postgraphile");
const { grafast } = load("postgraphile/grafast");
const { grafserv } = load("postgraphile/grafserv/node");
const { Pool } = load("pg");
const { sql } = load("pg-sql2");

// whose token that is; as the service asks, but only the first time
const WHO = `
SELECT a.person_id AS person, o.id AS organization, o.center_id AS center, o.district_id AS district, o.agency_id AS agency, lower(o.tier) AS tier
  FROM login l JOIN account a ON a.id = l.account_id JOIN membership m ON m.person_id = a.person_id JOIN organization o ON o.id = m.organization_id
 WHERE l.token_hash = $1 AND l.ended_at IS NULL AND l.expires_at > now()`;

const pool = new Pool({ connectionString: databaseUrl, max: CONNECTIONS, idleTimeoutMillis: 0 });
const known = new Map();

async function contextOf(authorization) {
  const hash = createHash("sha256").update(authorization.slice("Bearer ".length)).digest();
  const { rows } = await pool.query(WHO, [hash]);
  if (rows.length !== 1) throw new Error("no such token");
  const { tier, ...tenant } = rows[0];
  const settings = Object.entries(tenant).map(([name, id]) => [`app.${name}`, id ?? ""]);
  return { pgSettings: Object.fromEntries([...settings, ["role", `wall_${tier}`]]) };
}

// its conditions compare with one value; a list of open rows needs several
const among = (table, column) =>
  addPgTableCondition({ schemaName: "public", tableName: table }, `${column}In`, ({ graphql: { GraphQLList, GraphQLNonNull, GraphQLString } }) => ({
    type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
    apply($condition, values) {
      if (values == null) return;
      $condition.where(sql`${$condition}.${sql.identifier(column)} = ANY (${sql.value(values)}::text[])`);
    },
  }));

// a table with one row after another (a term that renews a term) has one relation in both directions, which it would call alike
const bothWays = {
  name: "BothWaysPlugin",
  version: "1.0.0",
  inflection: {
    replace: {
      singleRelationBackwards: (previous, options, details) => {
        const { registry: { pgRelations }, codec, relationName } = details;
        return pgRelations[codec.name][relationName].remoteResource.codec === codec ? relationName : previous(details);
      },
    },
  },
};

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [bothWays, among("inspection", "status"), among("rectification", "status")],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  // a list where the service has a list, a connection where it has pages; what is not indexed is asked for by the service too
  schema: { defaultBehavior: "connection list", dontSwallowErrors: true },
  disablePlugins: ["PgIndexBehaviorsPlugin", "MutationPlugin"],
  grafserv: { port: Number(port), graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false, graphqlOverGET: false },
  grafast: {
    explain: false,
    context: (request) => {
      const { authorization } = request.node?.req.headers ?? {};
      if (!authorization) return {};
      if (!known.has(authorization)) known.set(authorization, contextOf(authorization));
      return known.get(authorization);
    },
  },
};

const pgl = postgraphile(preset);
const { schema, resolvedPreset } = await pgl.getSchemaResult();
const { errors } = await grafast({ schema, resolvedPreset, requestContext: {}, source: "{ __typename }" });
if (errors) throw errors[0];
const serving = pgl.createServ(grafserv);
const answer = createServer();
await serving.addTo(answer);
const [graphql] = answer.listeners("request");
answer.removeAllListeners("request");
answer.on("request", (request, response) => (request.url === "/readyz" ? response.end() : graphql(request, response)));
answer.listen(Number(port), "127.0.0.1");
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

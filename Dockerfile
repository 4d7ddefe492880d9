# One image for serving, migrating and seeding. The base is named with its version; the packages are pinned by their hashes.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

RUN useradd --system --create-home --home-dir /var/lib/dudao --shell /usr/sbin/nologin dudao

WORKDIR /srv/dudao
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY app app
COPY gql gql
COPY authz authz
COPY domain domain
COPY models models
COPY migrations migrations
COPY seeds seeds
RUN pip install --no-deps --no-build-isolation -e . && python -m compileall -q app gql authz domain models seeds

USER dudao
ENV DUDAO_HOST=0.0.0.0 DUDAO_DATA_DIR=/var/lib/dudao/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost'}), timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dudao"]
CMD ["serve"]

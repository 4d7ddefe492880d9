#!/bin/sh
# The roles that the embedded database also has (app/postgres_cluster.py); run once, when PostgreSQL makes its cluster.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
    --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" --set auditor="$AUDITOR_PASSWORD" <<'SQL'
CREATE ROLE dudao_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION CREATEDB BYPASSRLS PASSWORD :'owner';
CREATE ROLE dudao_app LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOCREATEDB NOBYPASSRLS PASSWORD :'app';
CREATE ROLE dudao_auditor LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOCREATEDB NOBYPASSRLS PASSWORD :'auditor';
CREATE DATABASE dudao OWNER dudao_owner;
SQL

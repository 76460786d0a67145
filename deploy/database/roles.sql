-- The two roles and the database, as state/embedded/postgres.py makes them. The postgres image runs this once, as the
-- superuser, on an empty volume. The passwords come from the environment, and psql quotes them.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

-- The log would otherwise repeat a statement that fails, password included.
SET log_min_error_statement = panic;

CREATE ROLE vigie_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'owner_password';
CREATE ROLE vigie_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'app_password';
-- So that the owner may cut the hub's connections.
GRANT vigie_app TO vigie_owner;

CREATE DATABASE vigie OWNER vigie_owner TEMPLATE template0;
REVOKE ALL ON DATABASE vigie FROM PUBLIC;
GRANT CONNECT ON DATABASE vigie TO vigie_app;

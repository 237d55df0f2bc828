-- The three roles Candor works with, and what each may do in one database.
--
-- Run it as a superuser, connected to the database that Candor shall use (PostgreSQL >= 16 with
-- pgvector >= 0.8). It can be run again at any time; it never widens what a migration narrowed.
--
--   createdb candor
--   psql --dbname candor --single-transaction --set ON_ERROR_STOP=1 --set database=candor \
--        --set owner_password=... --set app_password=... --set broker_password=... \
--        --file portal/roles.sql
--
--   candor_owner   migrations only: owns the database, its tables and functions
--   candor_app     web and worker processes: reads and writes rows, under row-level security
--   candor_broker  Celery's broker, where it is this database: sees the schema "broker" only
--
-- portal/embedded/ runs this same file for the embedded database.

-- psql puts no variables into a DO block, so the passwords travel as settings of the session.
SELECT set_config('candor.owner_password', :'owner_password', false) <> '' AS owner_password_given,
       set_config('candor.app_password', :'app_password', false) <> '' AS app_password_given,
       set_config('candor.broker_password', :'broker_password', false) <> '' AS broker_password_given;

DO $$
DECLARE
    wanted record;
BEGIN
    -- Roles belong to the server, not to one database: two set-ups must not create them at once.
    PERFORM pg_advisory_xact_lock(hashtext('candor roles'));
    FOR wanted IN
        SELECT * FROM (VALUES
            ('candor_owner', current_setting('candor.owner_password')),
            ('candor_app', current_setting('candor.app_password')),
            ('candor_broker', current_setting('candor.broker_password'))
        ) AS roles (name, password)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I', wanted.name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT'
            ' NOREPLICATION PASSWORD %L',
            wanted.name, wanted.password
        );
    END LOOP;
END
$$;

SELECT set_config('candor.owner_password', '', false) = '' AS owner_password_forgotten,
       set_config('candor.app_password', '', false) = '' AS app_password_forgotten,
       set_config('candor.broker_password', '', false) = '' AS broker_password_forgotten;

-- Only a superuser may create pgvector's types, so no migration can do it.
CREATE EXTENSION IF NOT EXISTS vector;

ALTER DATABASE :"database" OWNER TO candor_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO candor_app, candor_broker;

-- Whether a transaction of anybody still sees what was erased: galleries_horizon().
GRANT pg_read_all_stats TO candor_owner WITH INHERIT TRUE;

-- The schema belongs to pg_database_owner, that is, to candor_owner.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO candor_app;

-- What a migration creates is open to the application, and to nobody else, until a later statement
-- of a migration takes rights away (append-only tables revoke UPDATE and DELETE).
ALTER DEFAULT PRIVILEGES FOR ROLE candor_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO candor_app;
ALTER DEFAULT PRIVILEGES FOR ROLE candor_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO candor_app;
ALTER DEFAULT PRIVILEGES FOR ROLE candor_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE candor_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO candor_app;

CREATE SCHEMA IF NOT EXISTS broker AUTHORIZATION candor_broker;
REVOKE ALL ON SCHEMA broker FROM PUBLIC;
ALTER ROLE candor_broker SET search_path = broker;
ALTER ROLE candor_app SET search_path = public;
ALTER ROLE candor_owner SET search_path = public;

-- Statements and key values hold names and what people look for: they stay out of the server's log,
-- whatever the server has. Nobody but a superuser takes that back. (pg_stat_statements counts slow
-- statements without values.)
DO $$
DECLARE
    role text;
    setting text;
BEGIN
    FOREACH role IN ARRAY ARRAY['candor_owner', 'candor_app', 'candor_broker'] LOOP
        FOREACH setting IN ARRAY ARRAY[
            'log_min_error_statement = panic',
            'log_error_verbosity = terse',
            'log_statement = none',
            'log_min_duration_statement = -1'
        ] LOOP
            EXECUTE format('ALTER ROLE %I SET %s', role, setting);
        END LOOP;
    END LOOP;
END
$$;

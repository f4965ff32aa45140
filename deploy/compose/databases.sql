-- The roles and databases of docker-compose.yml: neither Temporal nor a worker can open the other's
-- tables. The superuser runs this once, on an empty volume.
\set temporal_password `cat /run/secrets/temporal_password`
\set gate_password `cat /run/secrets/gate_password`

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

CREATE ROLE gate LOGIN PASSWORD :'gate_password';
CREATE DATABASE gate OWNER gate;

REVOKE ALL ON DATABASE temporal, temporal_visibility, gate FROM PUBLIC;

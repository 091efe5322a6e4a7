-- The record: entries by day, what they are found by as digests (of people too, so that a table tells of nobody), where each
-- chain stands and from where it is kept, and the keys that seal what entries say of a person.

CREATE TABLE scangate_entries (
  id bigint PRIMARY KEY,
  chain integer NOT NULL,
  link bigint NOT NULL,
  hash text NOT NULL,
  text text NOT NULL,
  key text NOT NULL,
  ticket text,
  session text,
  client text,
  kind text,
  person text,
  decided text,
  address text,
  browser text
) PARTITION BY RANGE (id);

-- What came when its day had gone already, or has an instant that no day was made for.
CREATE TABLE scangate_entries_rest PARTITION OF scangate_entries DEFAULT;

CREATE INDEX ON scangate_entries (chain, link, id);
CREATE INDEX ON scangate_entries (ticket, id) WHERE ticket IS NOT NULL;
CREATE INDEX ON scangate_entries (session, id) WHERE session IS NOT NULL;
CREATE INDEX ON scangate_entries (client, id) WHERE client IS NOT NULL;
CREATE INDEX ON scangate_entries (kind, id) WHERE kind IS NOT NULL;
CREATE INDEX ON scangate_entries (person, id) WHERE person IS NOT NULL;
CREATE INDEX ON scangate_entries (decided, id) WHERE decided IS NOT NULL;
CREATE INDEX ON scangate_entries (address, id) WHERE address IS NOT NULL;
CREATE INDEX ON scangate_entries (browser, id) WHERE browser IS NOT NULL;

CREATE TABLE scangate_chains (
  chain integer PRIMARY KEY,
  link bigint NOT NULL,
  hash text NOT NULL,
  floor_link bigint,
  floor_hash text
);

-- Without bytes: what it sealed was forgotten. `last_id` is the youngest entry that it sealed.
CREATE TABLE scangate_keys (
  name text PRIMARY KEY,
  bytes bytea,
  last_id bigint NOT NULL
);

CREATE INDEX ON scangate_keys (last_id);

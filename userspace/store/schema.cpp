#include "store/schema.h"

namespace perfscope::store {

const char* const kSchema = R"sql(
-- Facts about the host, the recording and its cost; keys are documented.
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Where code lives.
CREATE TABLE modules (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL, build_id TEXT NOT NULL);
CREATE TABLE functions (id INTEGER PRIMARY KEY, name TEXT NOT NULL, module TEXT NOT NULL);
CREATE TABLE locations (
  id INTEGER PRIMARY KEY,
  module_id INTEGER NOT NULL REFERENCES modules(id),
  offset INTEGER NOT NULL,
  status TEXT NOT NULL);
CREATE TABLE lines (
  location_id INTEGER NOT NULL REFERENCES locations(id),
  depth INTEGER NOT NULL,  -- 0: the innermost inlined function
  function_id INTEGER NOT NULL REFERENCES functions(id),
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  inlined INTEGER NOT NULL,
  PRIMARY KEY (location_id, depth)) WITHOUT ROWID;
CREATE TABLE stacks (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES stacks(id),  -- towards the root; parents come first
  location_id INTEGER NOT NULL REFERENCES locations(id));

-- Who runs.
CREATE TABLE processes (
  id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, start_ns INTEGER NOT NULL,
  exec_id INTEGER NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL, cgroup TEXT NOT NULL,
  parent_pid INTEGER NOT NULL);
CREATE TABLE threads (
  id INTEGER PRIMARY KEY,
  process_id INTEGER NOT NULL REFERENCES processes(id),
  tid INTEGER NOT NULL, name TEXT NOT NULL);

-- What was measured, in time slices.
CREATE TABLE metrics (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, probe TEXT NOT NULL, shape TEXT NOT NULL,
  unit TEXT NOT NULL, help TEXT NOT NULL);
CREATE TABLE slices (id INTEGER PRIMARY KEY, begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL);
CREATE TABLE samples (
  slice_id INTEGER NOT NULL REFERENCES slices(id),
  metric_id INTEGER NOT NULL REFERENCES metrics(id),
  thread_id INTEGER NOT NULL REFERENCES threads(id),
  state TEXT NOT NULL,
  stack_id INTEGER REFERENCES stacks(id),
  waker_stack_id INTEGER REFERENCES stacks(id),
  waker_thread_id INTEGER REFERENCES threads(id),
  value INTEGER NOT NULL, count INTEGER NOT NULL);
CREATE TABLE histograms (
  id INTEGER PRIMARY KEY,
  slice_id INTEGER NOT NULL REFERENCES slices(id),
  metric_id INTEGER NOT NULL REFERENCES metrics(id),
  labels TEXT NOT NULL, sum INTEGER NOT NULL, max INTEGER NOT NULL);
CREATE TABLE buckets (
  histogram_id INTEGER NOT NULL REFERENCES histograms(id),
  upper INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (histogram_id, upper)) WITHOUT ROWID;
CREATE TABLE series (
  slice_id INTEGER NOT NULL REFERENCES slices(id),
  metric_id INTEGER NOT NULL REFERENCES metrics(id),
  labels TEXT NOT NULL, value REAL NOT NULL);
CREATE TABLE ledger (
  slice_id INTEGER NOT NULL REFERENCES slices(id),
  thread_id INTEGER NOT NULL REFERENCES threads(id),
  state TEXT NOT NULL, ns INTEGER NOT NULL);

-- What was seen and not kept, and which probes ran.
CREATE TABLE drops (
  slice_id INTEGER NOT NULL REFERENCES slices(id),
  probe TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE probes (probe TEXT PRIMARY KEY, active INTEGER NOT NULL, detail TEXT NOT NULL);

-- For people: the leaf of each sample with its names, and thread time by process.
CREATE VIEW sample_leaves AS
  SELECT s.slice_id, m.name AS metric, p.name AS process, p.pid, t.tid, t.name AS thread, s.state,
         coalesce(f.name, '[' || l.status || ']') AS function, coalesce(f.module, '') AS module,
         s.value, s.count
  FROM samples s
  JOIN metrics m ON m.id = s.metric_id
  JOIN threads t ON t.id = s.thread_id
  JOIN processes p ON p.id = t.process_id
  LEFT JOIN stacks k ON k.id = s.stack_id
  LEFT JOIN locations l ON l.id = k.location_id
  LEFT JOIN lines n ON n.location_id = l.id AND n.depth = 0
  LEFT JOIN functions f ON f.id = n.function_id;
CREATE VIEW process_time AS
  SELECT p.pid, p.name AS process, g.state, sum(g.ns) / 1e9 AS seconds
  FROM ledger g
  JOIN threads t ON t.id = g.thread_id
  JOIN processes p ON p.id = t.process_id
  GROUP BY p.id, g.state;
)sql";

}  // namespace perfscope::store

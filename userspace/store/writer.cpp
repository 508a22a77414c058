#include "store/writer.h"

#include <cmath>
#include <optional>

#include <sqlite3.h>
#include <unistd.h>

#include "store/database.h"
#include "store/labels.h"
#include "store/schema.h"

namespace perfscope::store {
namespace {

template <typename Id>
std::optional<uint32_t> number(const std::optional<Id>& id) {
  return id ? std::optional<uint32_t>(id->value()) : std::nullopt;
}

}  // namespace

class Writer::Impl {
 public:
  explicit Impl(Database database) : database_(std::move(database)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  // Also after a failure, which has been rolled back.
  ~Impl() { [[maybe_unused]] Status tidied = remove_journal(); }

  Status prepare() {
    const std::string setup =
        "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF;"
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-2000; BEGIN;" +
        std::string(kSchema) + "PRAGMA application_id=" + std::to_string(kApplicationId) + ";" +
        "PRAGMA user_version=" + std::to_string(kSchemaVersion) + "; COMMIT;";
    if (Status done = database_.execute(setup.c_str()); !done)
      return Error(ErrorCode::kCannotWrite, done.error().message());
    sqlite3_commit_hook(database_.handle(), refuse_stray_commits, this);
    return Ok{};
  }

  Status append(const model::Profile& p) {
    return transaction([&] {
      facts(p);
      code(p);
      actors(p);
      shapes(p);
    });
  }

  Status finish(const model::Profile& p) {
    Status written = transaction([&] {
      facts(p);
      actors(p);
      code(p);
      renamed_locations(p);
    });
    if (written) unnamed_.clear();
    return written ? remove_journal() : written;
  }

 private:
  // It stays for as long as slices are written.
  Status remove_journal() { return database_.execute("PRAGMA journal_mode=DELETE"); }

  template <typename Body>
  Status transaction(Body body) {
    failure_.reset();
    if (Status begun = database_.execute("BEGIN"); !begun) return failed();
    Marks before = marks_;
    std::size_t unnamed_before = unnamed_.size();
    body();
    may_commit_ = !failure_;
    bool committed = may_commit_ && database_.execute("COMMIT");
    may_commit_ = false;
    if (committed) return Ok{};
    Error error = failure_ ? *failure_ : failed();
    [[maybe_unused]] Status undone = database_.execute("ROLLBACK");
    marks_ = before;
    unnamed_.resize(unnamed_before);
    return error;
  }

  Error failed() const {
    return database_.error(ErrorCode::kCannotWrite, "write " + database_.path());
  }

  // Runs `fill(statement, row)` for the rows of a table from `mark` on, and moves the mark.
  template <typename Row, typename Fill>
  void append_rows(const std::vector<Row>& rows, std::size_t& mark, const char* sql, Fill fill) {
    Statement statement = database_.prepare(sql);
    for (; mark < rows.size(); ++mark) {
      statement.bind(static_cast<uint64_t>(mark));
      fill(statement, rows[mark]);
      statement.run();
    }
    note(statement);
  }

  template <typename Row, typename Fill>
  void insert_all(const std::vector<Row>& rows, const char* sql, Fill fill) {
    if (rows.empty()) return;
    Statement statement = database_.prepare(sql);
    for (const Row& row : rows) {
      fill(statement, row);
      statement.run();
    }
    note(statement);
  }

  void note(const Statement& statement) {
    if (!failure_ && statement.status() != SQLITE_OK) failure_ = failed();
  }

  void facts(const model::Profile& p) {
    Statement fact = database_.prepare("INSERT OR REPLACE INTO facts VALUES (?,?)");
    for (const auto& [key, value] : p.facts) fact.bind(key).bind(value).run();
    note(fact);
    insert_all(p.probes, "INSERT OR REPLACE INTO probes VALUES (?,?,?)",
               [](Statement& s, const model::ProbeStatus& row) {
                 s.bind(row.probe).bind(row.active ? 1 : 0).bind(row.detail);
               });
  }

  void code(const model::Profile& p) {
    append_rows(p.modules, marks_.modules, "INSERT INTO modules VALUES (?,?,?,?)",
                [](Statement& s, const model::Module& row) {
                  s.bind(model::module_kind_name(row.kind)).bind(row.path).bind(row.build_id);
                });
    append_rows(
        p.functions, marks_.functions, "INSERT INTO functions VALUES (?,?,?)",
        [](Statement& s, const model::Function& row) { s.bind(row.name).bind(row.module); });
    std::size_t first = marks_.locations;
    append_rows(p.locations, marks_.locations, "INSERT INTO locations VALUES (?,?,?,?)",
                [](Statement& s, const model::Location& row) {
                  s.bind(row.module.value()).bind(row.offset).bind(name_status_name(row.status));
                });
    for (std::size_t i = first; i < p.locations.size(); ++i) {
      lines(i, p.locations[i]);
      if (p.locations[i].status == model::NameStatus::kNotAttempted) unnamed_.push_back(i);
    }
    append_rows(p.stacks, marks_.stacks, "INSERT INTO stacks VALUES (?,?,?)",
                [](Statement& s, const model::Stack& row) {
                  s.bind(number(row.parent)).bind(row.location.value());
                });
  }

  void lines(std::size_t location, const model::Location& row) {
    if (row.lines.empty()) return;
    Statement statement = database_.prepare("INSERT INTO lines VALUES (?,?,?,?,?,?)");
    for (std::size_t depth = 0; depth < row.lines.size(); ++depth) {
      const model::Line& line = row.lines[depth];
      statement.bind(static_cast<uint64_t>(location))
          .bind(static_cast<uint64_t>(depth))
          .bind(line.function.value())
          .bind(line.file)
          .bind(line.line)
          .bind(line.inlined ? 1 : 0)
          .run();
    }
    note(statement);
  }

  // Locations that got their names after they had been written.
  void renamed_locations(const model::Profile& p) {
    Statement update = database_.prepare("UPDATE locations SET status=? WHERE id=?");
    for (std::size_t i : unnamed_) {
      const model::Location& row = p.locations[i];
      if (row.status == model::NameStatus::kNotAttempted) continue;
      update.bind(name_status_name(row.status)).bind(static_cast<uint64_t>(i)).run();
      lines(i, row);
    }
    note(update);
  }

  // Names of processes and threads may still change: rewritten while they are few.
  void actors(const model::Profile& p) {
    marks_.processes = 0;
    marks_.threads = 0;
    append_rows(p.processes, marks_.processes,
                "INSERT OR REPLACE INTO processes VALUES (?,?,?,?,?,?,?,?)",
                [](Statement& s, const model::Process& row) {
                  s.bind(row.pid).bind(row.start_ns).bind(row.exec_id).bind(row.name);
                  s.bind(row.command).bind(row.cgroup).bind(row.parent_pid);
                });
    append_rows(p.threads, marks_.threads, "INSERT OR REPLACE INTO threads VALUES (?,?,?,?)",
                [](Statement& s, const model::Thread& row) {
                  s.bind(row.process.value()).bind(row.tid).bind(row.name);
                });
    append_rows(p.metrics, marks_.metrics, "INSERT INTO metrics VALUES (?,?,?,?,?,?)",
                [](Statement& s, const model::Metric& row) {
                  s.bind(row.name).bind(row.probe).bind(shape_name(row.shape));
                  s.bind(unit_name(row.unit)).bind(row.help);
                });
  }

  void shapes(const model::Profile& p) {
    append_rows(
        p.slices, marks_.slices, "INSERT INTO slices VALUES (?,?,?)",
        [](Statement& s, const model::Slice& row) { s.bind(row.begin_ns).bind(row.end_ns); });
    insert_all(p.samples, "INSERT INTO samples VALUES (?,?,?,?,?,?,?,?,?)",
               [](Statement& s, const model::StackSample& row) {
                 s.bind(row.slice.value()).bind(row.metric.value()).bind(row.thread.value());
                 s.bind(thread_state_name(row.state)).bind(number(row.stack));
                 s.bind(number(row.waker_stack)).bind(number(row.waker));
                 s.bind(row.value).bind(row.count);
               });
    for (const model::Histogram& row : p.histograms) histogram(row);
    series(p);
    insert_all(p.ledger, "INSERT INTO ledger VALUES (?,?,?,?)",
               [](Statement& s, const model::LedgerEntry& row) {
                 s.bind(row.slice.value()).bind(row.thread.value());
                 s.bind(thread_state_name(row.state)).bind(row.ns);
               });
    insert_all(p.drops, "INSERT INTO drops VALUES (?,?,?,?)",
               [](Statement& s, const model::Drop& row) {
                 s.bind(row.slice.value()).bind(row.probe).bind(row.reason).bind(row.count);
               });
  }

  void series(const model::Profile& p) {
    Statement insert = database_.prepare("INSERT INTO series VALUES (?,?,?,?)");
    for (const model::SeriesValue& row : p.series) {
      if (std::isnan(row.value)) continue;  // nothing was measured; SQLite would make it NULL
      insert.bind(row.slice.value()).bind(row.metric.value());
      insert.bind(labels_to_json(row.labels)).bind(row.value).run();
    }
    note(insert);
  }

  void histogram(const model::Histogram& row) {
    Statement head = database_.prepare("INSERT INTO histograms VALUES (NULL,?,?,?,?,?)");
    head.bind(row.slice.value()).bind(row.metric.value()).bind(labels_to_json(row.labels));
    head.bind(row.sum).bind(row.max).run();
    note(head);
    int64_t id = sqlite3_last_insert_rowid(database_.handle());
    Statement bucket = database_.prepare("INSERT INTO buckets VALUES (?,?,?)");
    for (const auto& [upper, count] : row.buckets) bucket.bind(id).bind(upper).bind(count).run();
    note(bucket);
  }

  // How much of each table has been written.
  struct Marks {
    std::size_t modules = 0, functions = 0, locations = 0, stacks = 0;
    std::size_t processes = 0, threads = 0, metrics = 0, slices = 0;
  };

  // SQLite ends a transaction by itself when the disk is full. What the slice still wants to insert
  // would then be committed row by row: nothing is, but by transaction().
  static int refuse_stray_commits(void* self) {
    return static_cast<Impl*>(self)->may_commit_ ? 0 : 1;
  }

  Database database_;
  bool may_commit_ = false;
  Marks marks_;
  std::vector<std::size_t> unnamed_;
  std::optional<Error> failure_;  // the first of the current transaction
};

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::create(const std::string& path) {
  Result<Database> database = Database::create(path);
  if (!database) return database.error();
  auto impl = std::make_unique<Impl>(std::move(*database));
  Status ready = impl->prepare();
  if (ready) return Writer(std::move(impl));
  impl.reset();
  ::unlink(path.c_str());  // nothing is in it
  return ready.error();
}

Status Writer::append(const model::Profile& profile) { return impl_->append(profile); }
Status Writer::finish(const model::Profile& profile) { return impl_->finish(profile); }

}  // namespace perfscope::store

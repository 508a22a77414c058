#include "store/reader.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include <sqlite3.h>

#include "base/text.h"
#include "store/database.h"
#include "store/labels.h"

namespace perfscope::store {
namespace {

using model::Profile;

class Loader {
 public:
  Loader(const Database& database, uint64_t file_bytes)
      : database_(database), bytes_left_(file_bytes), steps_left_(kSpareSteps + 8 * file_bytes) {
    sqlite3_progress_handler(database_.handle(), kStepsPerCheck, count_steps, this);
  }
  ~Loader() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  Result<Profile> run() {
    code();
    actors();
    shapes();
    about();
    if (failure_) return *failure_;
    if (!problem_.empty())
      return Error(ErrorCode::kBadInput,
                   database_.path() + ": the file is damaged (" + problem_ + "); record again");
    if (Status valid = model::validate(p_); !valid)
      return Error(ErrorCode::kBadInput,
                   database_.path() + ": " + valid.error().message() + "; record again");
    return std::move(p_);
  }

 private:
  // A sound file costs less than one step per byte. Pages that point at each other in circles would
  // go on for years.
  static constexpr int kStepsPerCheck = 100'000;
  static constexpr uint64_t kSpareSteps = 1'000'000;

  static int count_steps(void* loader) {
    auto* self = static_cast<Loader*>(loader);
    if (self->steps_left_ < kStepsPerCheck) return 1;
    self->steps_left_ -= kStepsPerCheck;
    return 0;
  }

  bool is_fine() const { return problem_.empty() && !failure_; }

  template <typename Take>
  void each(const char* sql, Take take) {
    if (!is_fine()) return;
    Statement statement = database_.prepare(sql);
    while (is_fine() && statement.next()) {
      charge(statement);
      if (is_fine()) take(statement);
    }
    check(statement);
  }

  void check(const Statement& statement) {
    if (!is_fine() || statement.status() == SQLITE_OK) return;
    if (statement.status() == SQLITE_INTERRUPT)
      problem_ = "its pages point at each other";
    else
      failure_ = database_.error(ErrorCode::kBadInput, "read " + database_.path());
  }

  // No file holds more than its own bytes, unless rows share pages.
  void charge(const Statement& row) {
    constexpr uint64_t kLeastRowBytes = 4;
    uint64_t bytes = kLeastRowBytes + row.text_bytes();
    if (bytes > bytes_left_) problem_ = "its rows overlap";
    bytes_left_ -= std::min(bytes, bytes_left_);
  }

  // A column that must fit into 32 bits: row ids, process ids, line numbers.
  uint32_t u32(const Statement& row, int column) {
    int64_t value = row.integer(column);
    if (value < 0 || value > std::numeric_limits<uint32_t>::max())
      problem_ = "number " + std::to_string(value) + " is out of range";
    return static_cast<uint32_t>(value);
  }

  // The value behind a stable name; an unknown one is a damaged file.
  template <typename T>
  T known(const std::optional<T>& value, const std::string& name) {
    if (!value) problem_ = "unknown name '" + printable(name.substr(0, 40)) + "'";
    return value.value_or(T{});
  }

  // Ids are positions: rows must be numbered without gaps.
  bool in_sequence(const Statement& row, std::size_t expected, const char* table) {
    if (row.unsigned_integer(0) == expected) return true;
    problem_ = std::string("rows missing in ") + table;
    return false;
  }

  template <typename Id>
  std::optional<Id> optional_id(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional<Id>(Id(u32(row, column)));
  }

  void code() {
    each("SELECT id,kind,path,build_id FROM modules ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.modules.size(), "modules"))
        p_.modules.push_back(
            {known(model::module_kind_from(row.text(1)), row.text(1)), row.text(2), row.text(3)});
    });
    each("SELECT id,name,module FROM functions ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.functions.size(), "functions"))
        p_.functions.push_back({row.text(1), row.text(2)});
    });
    each("SELECT id,module_id,offset,status FROM locations ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.locations.size(), "locations"))
        p_.locations.push_back({model::ModuleId(u32(row, 1)),
                                row.unsigned_integer(2),
                                known(model::name_status_from(row.text(3)), row.text(3)),
                                {}});
    });
    each("SELECT location_id,function_id,file,line,inlined FROM lines ORDER BY location_id,depth",
         [&](const Statement& row) {
           if (row.unsigned_integer(0) >= p_.locations.size()) {
             problem_ = "line of an unknown location";
             return;
           }
           p_.locations[row.unsigned_integer(0)].lines.push_back(
               {model::FunctionId(u32(row, 1)), row.text(2), u32(row, 3), row.integer(4) != 0});
         });
    each("SELECT id,parent_id,location_id FROM stacks ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.stacks.size(), "stacks"))
        p_.stacks.push_back({optional_id<model::StackId>(row, 1), model::LocationId(u32(row, 2))});
    });
  }

  void actors() {
    each("SELECT id,pid,start_ns,exec_id,name,command,cgroup,parent_pid FROM processes ORDER BY id",
         [&](const Statement& row) {
           if (in_sequence(row, p_.processes.size(), "processes"))
             p_.processes.push_back({u32(row, 1), row.unsigned_integer(2), u32(row, 3), row.text(4),
                                     row.text(5), row.text(6), u32(row, 7)});
         });
    each("SELECT id,process_id,tid,name FROM threads ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.threads.size(), "threads"))
        p_.threads.push_back({model::ProcessId(u32(row, 1)), u32(row, 2), row.text(3)});
    });
    each("SELECT id,name,probe,shape,unit,help FROM metrics ORDER BY id",
         [&](const Statement& row) {
           if (in_sequence(row, p_.metrics.size(), "metrics"))
             p_.metrics.push_back({row.text(1), row.text(2),
                                   known(model::shape_from(row.text(3)), row.text(3)),
                                   known(model::unit_from(row.text(4)), row.text(4)), row.text(5)});
         });
  }

  void shapes() {
    each("SELECT id,begin_ns,end_ns FROM slices ORDER BY id", [&](const Statement& row) {
      if (in_sequence(row, p_.slices.size(), "slices"))
        p_.slices.push_back({row.unsigned_integer(1), row.unsigned_integer(2)});
    });
    each(
        "SELECT slice_id,metric_id,thread_id,state,stack_id,waker_stack_id,waker_thread_id,value,"
        "count FROM samples",
        [&](const Statement& row) {
          p_.samples.push_back({model::SliceId(u32(row, 0)), model::MetricId(u32(row, 1)),
                                model::ThreadId(u32(row, 2)),
                                known(model::thread_state_from(row.text(3)), row.text(3)),
                                optional_id<model::StackId>(row, 4),
                                optional_id<model::StackId>(row, 5),
                                optional_id<model::ThreadId>(row, 6), row.unsigned_integer(7),
                                row.unsigned_integer(8)});
        });
    each("SELECT slice_id,thread_id,state,ns FROM ledger", [&](const Statement& row) {
      p_.ledger.push_back({model::SliceId(u32(row, 0)), model::ThreadId(u32(row, 1)),
                           known(model::thread_state_from(row.text(2)), row.text(2)),
                           row.unsigned_integer(3)});
    });
    each("SELECT slice_id,metric_id,labels,value FROM series", [&](const Statement& row) {
      p_.series.push_back({model::SliceId(u32(row, 0)), model::MetricId(u32(row, 1)),
                           labels_from_json(row.text(2)), row.real(3)});
    });
    histograms();
  }

  void histograms() {
    each("SELECT id,slice_id,metric_id,labels,sum,max FROM histograms ORDER BY id",
         [&](const Statement& row) {
           model::Histogram histogram{model::SliceId(u32(row, 1)),   model::MetricId(u32(row, 2)),
                                      labels_from_json(row.text(3)), {},
                                      row.unsigned_integer(4),       row.unsigned_integer(5)};
           Statement buckets =
               database_.prepare("SELECT upper,count FROM buckets WHERE histogram_id=?");
           buckets.bind(row.integer(0));
           while (is_fine() && buckets.next()) {
             charge(buckets);
             histogram.buckets[buckets.unsigned_integer(0)] = buckets.unsigned_integer(1);
           }
           check(buckets);
           p_.histograms.push_back(std::move(histogram));
         });
  }

  void about() {
    each("SELECT slice_id,probe,reason,count FROM drops", [&](const Statement& row) {
      p_.drops.push_back(
          {model::SliceId(u32(row, 0)), row.text(1), row.text(2), row.unsigned_integer(3)});
    });
    each("SELECT probe,active,detail FROM probes", [&](const Statement& row) {
      p_.probes.push_back({row.text(0), row.integer(1) != 0, row.text(2)});
    });
    each("SELECT key,value FROM facts",
         [&](const Statement& row) { p_.facts[row.text(0)] = row.text(1); });
  }

  const Database& database_;
  Profile p_;
  uint64_t bytes_left_;
  uint64_t steps_left_;
  std::optional<Error> failure_;  // of SQLite
  std::string problem_;           // of the contents
};

// Only reading, of this file: no attaching, no pragma, no function that reaches outside.
int allow_reading(void*, int action, const char*, const char* function, const char*, const char*) {
  if (action == SQLITE_FUNCTION)
    return std::string_view(function == nullptr ? "" : function) == "load_extension" ? SQLITE_DENY
                                                                                     : SQLITE_OK;
  bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE;
  return reads ? SQLITE_OK : SQLITE_DENY;
}

// Whether the text is nothing but blanks, comments and semicolons.
bool is_blank(const Database& database, const char* sql) {
  while (*sql != '\0') {
    Statement statement(database.handle(), sql, &sql);
    if (statement.exists() || statement.status() != SQLITE_OK) return false;
  }
  return true;
}

}  // namespace

Result<Profile> read_profile(const std::string& path) {
  Result<Database> database = Database::open_readonly(path);
  if (!database) return database.error();
  std::error_code unknown;
  std::uintmax_t bytes = std::filesystem::file_size(path, unknown);
  return Loader(*database, unknown ? 0 : bytes).run();
}

Status query(const std::string& path, const std::string& sql,
             const std::function<void(const std::vector<std::string>&)>& row) {
  Result<Database> database = Database::open_readonly(path);
  if (!database) return database.error();
  sqlite3_set_authorizer(database->handle(), allow_reading, nullptr);
  const char* rest = nullptr;
  Statement statement(database->handle(), sql.c_str(), &rest);
  auto wrong = [&] { return database->error(ErrorCode::kUsage, "query"); };
  if (statement.status() == SQLITE_AUTH)
    return Error(ErrorCode::kUsage, "query: only SELECT statements on the recording are allowed");
  if (statement.status() != SQLITE_OK) return wrong();
  if (statement.columns() == 0) return Error(ErrorCode::kUsage, "query: give one SELECT statement");
  if (!is_blank(*database, rest))
    return Error(ErrorCode::kUsage, "query: give one SELECT statement, not several");
  std::vector<std::string> cells;
  cells.reserve(static_cast<std::size_t>(statement.columns()));
  for (int i = 0; i < statement.columns(); ++i) cells.push_back(statement.column_name(i));
  row(cells);
  while (statement.next()) {
    for (int i = 0; i < statement.columns(); ++i)
      cells[static_cast<std::size_t>(i)] = statement.text(i);
    row(cells);
  }
  if (statement.status() != SQLITE_OK) return wrong();
  return Ok{};
}

}  // namespace perfscope::store

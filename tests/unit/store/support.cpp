#include "unit/store/support.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "store/reader.h"
#include "store/writer.h"
#include "unit/model/sample_profiles.h"

namespace perfscope::testing {

namespace fs = std::filesystem;

StoreTest::StoreTest() {
  std::string pattern = (fs::temp_directory_path() / "perfscope-store-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  path_ = folder_ / "r.perfscope";
}

StoreTest::~StoreTest() {
  std::error_code ignored;
  fs::permissions(folder_, fs::perms::owner_all, ignored);
  fs::remove_all(folder_, ignored);
}

void StoreTest::write(const model::Profile& profile) {
  Result<store::Writer> writer = store::Writer::create(path_);
  ASSERT_TRUE(writer) << writer.error().message();
  for (uint32_t slice = 0; slice < profile.slices.size(); ++slice) {
    Status appended = writer->append(only_slice(profile, slice));
    ASSERT_TRUE(appended) << appended.error().message();
  }
  ASSERT_TRUE(writer->finish(profile));
}

void StoreTest::tamper(const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message == nullptr ? "" : message);
  sqlite3_free(message);
  sqlite3_close(database);
}

namespace {

// One line per row: differences show as such.
class Text {
 public:
  template <typename... Cells>
  void row(const char* table, const Cells&... cells) {
    text_ += table;
    (cell(cells), ...);
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  void cell(const std::string& text) { text_ += " '" + text + "'"; }
  void cell(const char* text) { cell(std::string(text)); }
  void cell(uint64_t number) { text_ += " " + std::to_string(number); }
  void cell(uint32_t number) { cell(uint64_t{number}); }
  void cell(bool value) { cell(uint64_t{value}); }
  void cell(double value) { text_ += " " + std::to_string(value); }
  template <typename Tag>
  void cell(StrongId<Tag> id) {
    cell(id.value());
  }
  template <typename Tag>
  void cell(const std::optional<StrongId<Tag>>& id) {
    id ? cell(id->value()) : cell("none");
  }
  template <typename Value>
  void cell(const std::map<std::string, Value>& map) {
    for (const auto& [key, value] : map) cell(key), cell(value);
  }
  void cell(const std::map<uint64_t, uint64_t>& map) {
    for (const auto& [key, value] : map) cell(key), cell(value);
  }

  std::string text_;
};

std::string dump(const model::Profile& p) {
  Text t;
  for (const auto& r : p.modules) t.row("module", module_kind_name(r.kind), r.path, r.build_id);
  for (const auto& r : p.functions) t.row("function", r.name, r.module);
  for (const auto& r : p.locations) {
    t.row("location", r.module, r.offset, name_status_name(r.status));
    for (const auto& l : r.lines) t.row("  line", l.function, l.file, l.line, l.inlined);
  }
  for (const auto& r : p.stacks) t.row("stack", r.parent, r.location);
  for (const auto& r : p.processes)
    t.row("process", r.pid, r.start_ns, r.exec_id, r.name, r.command, r.cgroup, r.parent_pid);
  for (const auto& r : p.threads) t.row("thread", r.process, r.tid, r.name);
  for (const auto& r : p.metrics)
    t.row("metric", r.name, r.probe, shape_name(r.shape), unit_name(r.unit), r.help);
  for (const auto& r : p.slices) t.row("slice", r.begin_ns, r.end_ns);
  for (const auto& r : p.samples)
    t.row("sample", r.slice, r.metric, r.thread, thread_state_name(r.state), r.stack, r.waker_stack,
          r.waker, r.value, r.count);
  for (const auto& r : p.histograms)
    t.row("histogram", r.slice, r.metric, r.labels, r.buckets, r.sum, r.max);
  for (const auto& r : p.series) t.row("series", r.slice, r.metric, r.labels, r.value);
  for (const auto& r : p.ledger)
    t.row("ledger", r.slice, r.thread, thread_state_name(r.state), r.ns);
  for (const auto& r : p.drops) t.row("drop", r.slice, r.probe, r.reason, r.count);
  for (const auto& r : p.probes) t.row("probe", r.probe, r.active, r.detail);
  t.row("facts", p.facts);
  return t.take();
}

}  // namespace

void expect_equal(const model::Profile& is, const model::Profile& expected) {
  EXPECT_EQ(dump(is), dump(expected));
}

std::string read_error(const std::string& path) {
  Result<model::Profile> profile = store::read_profile(path);
  EXPECT_FALSE(profile) << "it can be read";
  if (profile) return "";
  EXPECT_EQ(profile.error().code(), ErrorCode::kBadInput);
  EXPECT_EQ(profile.error().message().find('\n'), std::string::npos) << "more than one line";
  return profile.error().message();
}

}  // namespace perfscope::testing

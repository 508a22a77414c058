#include "model/profile.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace perfscope::model {

const std::string& Profile::fact(const std::string& key) const {
  static const std::string kNone;
  auto found = facts.find(key);
  return found == facts.end() ? kNone : found->second;
}

uint64_t Profile::fact_u64(const std::string& key) const {
  const std::string& text = fact(key);
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double Profile::fact_double(const std::string& key) const {
  return std::strtod(fact(key).c_str(), nullptr);
}

std::vector<LocationId> Profile::frames(StackId stack) const {
  std::vector<LocationId> leaf_first;
  for (std::optional<StackId> at = stack; at; at = stacks[at->index()].parent)
    leaf_first.push_back(stacks[at->index()].location);
  std::reverse(leaf_first.begin(), leaf_first.end());
  return leaf_first;
}

uint64_t Profile::duration_ns() const {
  uint64_t sum = 0;
  for (const Slice& slice : slices) sum += slice.end_ns - slice.begin_ns;
  return sum;
}

std::string short_module_name(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::vector<bool> threads_that_ran(const Profile& profile) {
  std::vector<bool> ran(profile.threads.size(), profile.ledger.empty());
  for (const LedgerEntry& entry : profile.ledger)
    if (entry.state == ThreadState::kOnCpu) ran[entry.thread.index()] = true;
  for (const StackSample& sample : profile.samples)
    if (sample.state == ThreadState::kOnCpu) ran[sample.thread.index()] = true;
  return ran;
}

namespace {

class Validator {
 public:
  explicit Validator(const Profile& profile) : p_(profile) {}

  Status run() {
    locations();
    stacks();
    threads();
    slices();
    samples();
    ledger();
    shapes();
    if (!breach_.empty()) return Error(ErrorCode::kBadInput, "invalid profile: " + breach_);
    return Ok{};
  }

 private:
  void require(bool holds, const char* table, std::size_t row, const char* what) {
    if (holds || !breach_.empty()) return;
    breach_ = std::string(table) + " row " + std::to_string(row) + ": " + what;
  }

  // Calls check(row, require) for every row of a table.
  template <typename Row, typename Check>
  void each(const std::vector<Row>& rows, const char* table, Check check) {
    for (std::size_t i = 0; i < rows.size() && breach_.empty(); ++i)
      check(rows[i], [&](bool holds, const char* what) { require(holds, table, i, what); });
  }

  template <typename Id, typename Row>
  static bool points_into(Id id, const std::vector<Row>& table) {
    return id.index() < table.size();
  }
  template <typename Id, typename Row>
  static bool points_into(const std::optional<Id>& id, const std::vector<Row>& table) {
    return !id || id->index() < table.size();
  }

  void locations() {
    each(p_.locations, "locations", [&](const Location& row, auto check) {
      check(points_into(row.module, p_.modules), "unknown module");
      bool named = row.status == NameStatus::kNamed || row.status == NameStatus::kBounds;
      check(named == !row.lines.empty(), "lines and status contradict each other");
      for (const Line& line : row.lines)
        check(points_into(line.function, p_.functions), "unknown function");
    });
  }

  void stacks() {
    for (std::size_t i = 0; i < p_.stacks.size(); ++i) {
      const Stack& row = p_.stacks[i];
      require(!row.parent || row.parent->index() < i, "stacks", i, "parent does not precede it");
      require(points_into(row.location, p_.locations), "stacks", i, "unknown location");
    }
  }

  void threads() {
    each(p_.threads, "threads", [&](const Thread& row, auto check) {
      check(points_into(row.process, p_.processes), "unknown process");
    });
  }

  void slices() {
    uint64_t previous_end = 0;
    each(p_.slices, "slices", [&](const Slice& row, auto check) {
      check(row.begin_ns <= row.end_ns, "ends before it begins");
      check(row.begin_ns >= previous_end, "overlaps the slice before it");
      previous_end = row.end_ns;
    });
  }

  void samples() {
    each(p_.samples, "samples", [&](const StackSample& row, auto check) {
      check(points_into(row.slice, p_.slices), "unknown slice");
      check(points_into(row.metric, p_.metrics), "unknown metric");
      check(points_into(row.thread, p_.threads), "unknown thread");
      check(points_into(row.stack, p_.stacks), "unknown stack");
      check(points_into(row.waker_stack, p_.stacks), "unknown waker stack");
      check(points_into(row.waker, p_.threads), "unknown waker");
    });
  }

  void ledger() {
    each(p_.ledger, "ledger", [&](const LedgerEntry& row, auto check) {
      check(points_into(row.slice, p_.slices), "unknown slice");
      check(points_into(row.thread, p_.threads), "unknown thread");
    });
  }

  void shapes() {
    each(p_.histograms, "histograms", [&](const Histogram& row, auto check) {
      check(points_into(row.slice, p_.slices), "unknown slice");
      check(points_into(row.metric, p_.metrics), "unknown metric");
    });
    each(p_.series, "series", [&](const SeriesValue& row, auto check) {
      check(points_into(row.slice, p_.slices), "unknown slice");
      check(points_into(row.metric, p_.metrics), "unknown metric");
    });
    each(p_.drops, "drops", [&](const Drop& row, auto check) {
      check(points_into(row.slice, p_.slices), "unknown slice");
    });
  }

  const Profile& p_;
  std::string breach_;
};

}  // namespace

Status validate(const Profile& profile) { return Validator(profile).run(); }

}  // namespace perfscope::model

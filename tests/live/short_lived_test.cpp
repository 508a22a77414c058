// Ten thousand processes that live for a moment: nothing breaks, nothing grows, nothing stays.
#include <csignal>
#include <cstdio>

#include <gtest/gtest.h>

#include "live/truth.h"
#include "support/kernel_objects.h"
#include "support/recordings.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

constexpr int kProcesses = 10'000;
constexpr double kMostBytes = 80e6;

TEST(ShortLived, TenThousandProcesses) {
  TempFolder folder;
  std::string file = folder.path("short.perfscope");
  Background recorder(perfscope({"record", "-q", "-o", file, "--", program("spawner"),
                                 std::to_string(kProcesses), program("nothing")}),
                      {.limit = std::chrono::seconds(300)});
  pid_t pid = recorder.pid();
  CommandResult recorded = recorder.wait();
  ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
  EXPECT_EQ(recorded.err, "");
  EXPECT_EQ(recorded.out, std::to_string(kProcesses) + "\n");

  nlohmann::json found = report(file);
  const nlohmann::json& bill = found.at("bill");
  double seen = number(file, "SELECT count(DISTINCT pid||':'||start_ns) FROM processes");
  double lost = 0;
  for (const auto& [reason, count] : bill.at("lost").items()) lost += count.get<double>();
  double duration = found.at("duration_seconds");
  std::printf("[figures ] %.0f processes seen in %.1f s, peak %.1f MB, lost %s\n", seen, duration,
              bill.at("peak_rss_bytes").get<double>() / 1e6, bill.at("lost").dump().c_str());
  EXPECT_EQ(found.at("facts").at("recording.complete"), "yes");
  EXPECT_LT(bill.at("peak_rss_bytes").get<double>(), kMostBytes);
  // Each child and the spawner: seen, or counted as lost.
  EXPECT_GE(seen + lost, kProcesses + 1);
  // The spawner waits for children most of the time; its own account is exact.
  Ledger spawner = ledger(file, "p.name='spawner' AND p.command LIKE '%spawner%'");
  EXPECT_LT(relative_error(spawner.wall() / 1e9, duration), 0.05);
  EXPECT_TRUE(eventually([&] { return kernel_objects_of(pid).empty(); }))
      << "left in the kernel: " << kernel_objects_of(pid);
}

// The same among everything else that runs here, whose programs and tables take memory as well: the
// bound is against growth without end, not the budget for a quiet host.
constexpr double kMostBytesWholeHost = 250e6;

TEST(ShortLived, WholeHost) {
  TempFolder folder;
  std::string file = folder.path("host.perfscope");
  Background recorder(perfscope({"record", "-q", "-o", file}),
                      {.limit = std::chrono::seconds(300)});
  ASSERT_TRUE(eventually([&] { return !read_all(file).empty(); }));
  CommandResult spawned = run({program("spawner"), std::to_string(kProcesses), program("nothing")},
                              {.limit = std::chrono::seconds(200)});
  recorder.send(SIGINT);
  CommandResult recorded = recorder.wait();
  ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
  EXPECT_EQ(spawned.out, std::to_string(kProcesses) + "\n");
  nlohmann::json found = report(file);
  std::printf("[figures ] whole host: peak %.1f MB, %.1f %% of one CPU, lost %s\n",
              found.at("bill").at("peak_rss_bytes").get<double>() / 1e6,
              100 * found.at("bill").at("cpu_ratio").get<double>(),
              found.at("bill").at("lost").dump().c_str());
  EXPECT_LT(found.at("bill").at("peak_rss_bytes").get<double>(), kMostBytesWholeHost);
  EXPECT_TRUE(eventually([&] { return kernel_objects_of(recorder.pid()).empty(); }));
}

}  // namespace
}  // namespace perfscope::test

// A server that was not written for this, and a second opinion: perf record at the same time.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/recordings.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

using Shares = std::map<std::string, double>;  // function -> self time, of all

// A port that nobody listens on now.
int free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

// The profilers choose differently among the names of one address (gettimeofday,
// __vdso_gettimeofday; glibc's memcpy is its memmove) and show differently what the compiler made
// of it (f.part.0).
std::string plain(std::string function) {
  function.erase(0, std::min(function.find_first_not_of('_'), function.size()));
  for (const char* prefix : {"vdso_", "GI_"})
    if (function.starts_with(prefix)) function.erase(0, std::string(prefix).size());
  function.erase(0, std::min(function.find_first_not_of('_'), function.size()));
  if (function.starts_with("memcpy_")) function.replace(0, 6, "memmove");
  return function.substr(0, function.find('.'));
}

Shares perfscope_shares(const std::string& file) {
  Shares shares;
  nlohmann::json found = report(file);
  for (const auto& row : found.at("functions"))
    shares[plain(row.at("function"))] += row.at("self_ratio").get<double>();
  return shares;
}

// One line per sample: the function it hit.
Shares perf_shares(const std::string& file, const std::string& pid) {
  CommandResult script = run({"perf", "script", "-i", file, "--pid", pid, "-G", "-F", "ip,sym"});
  EXPECT_EQ(script.exit_code, 0) << script.err;
  Shares shares;
  double all = 0;
  std::istringstream lines(script.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string address;
    std::string function;
    if (!(fields >> address >> function)) continue;
    ++all;
    if (!function.starts_with("[")) ++shares[plain(function)];  // else unknown
  }
  for (auto& [function, share] : shares) share /= all;
  return shares;
}

// Ranks from the largest share down; shares that differ by less than sampling can tell apart, two
// standard errors of the larger one, are tied and share their mean rank.
std::vector<double> ranks(const std::vector<double>& shares, double samples) {
  std::vector<double> result(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    double above = 0;
    double tied = 0;
    for (std::size_t j = 0; j < shares.size(); ++j) {
      double error = 2 * std::sqrt(std::max(shares[i], shares[j]) / samples);
      if (i != j && std::abs(shares[i] - shares[j]) < error)
        ++tied;
      else if (shares[j] > shares[i])
        ++above;
    }
    result[i] = above + tied / 2;
  }
  return result;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  auto n = static_cast<double>(a.size());
  double mean_a = 0;
  double mean_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean_a += a[i] / n, mean_b += b[i] / n;
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

class Redis : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(eventually([&] {
      return run({"redis-cli", "-p", port_, "ping"}).out.starts_with("PONG");
    })) << server_.out();
    Command fill{"redis-cli", "-p", port_, "rpush", "numbers"};
    for (int i = 0; i < 300; ++i) fill.push_back(std::to_string(i * 7919 % 1000));
    ASSERT_EQ(run(fill).out, "300\n");
    for (const Command& request : {Command{"lrange", "numbers", "0", "299"},
                                   Command{"sort", "numbers", "limit", "0", "5"}}) {
      Command benchmark{
          "redis-benchmark", "-p", port_, "-n", "1000000000", "-c", "4", "-P", "4", "-q"};
      benchmark.insert(benchmark.end(), request.begin(), request.end());
      benchmarks_.push_back(std::make_unique<Background>(benchmark));
    }
  }

  std::string port_ = std::to_string(free_port());
  TempFolder folder_;
  Background server_{{"redis-server", "--port", port_, "--bind", "127.0.0.1", "--save", "",
                      "--appendonly", "no", "--dir", folder_.path()},
                     {.limit = std::chrono::seconds(200)}};
  std::vector<std::unique_ptr<Background>> benchmarks_;
};

// perf, too, samples whole CPUs: events of one process fire late, when it is switched in. Of the
// union of both top tens by self time, the ten with the largest mean share are ranked.
TEST_F(Redis, HottestFunctionsAgreeWithPerf) {
  std::string data = folder_.path("perf.data");
  std::string file = folder_.path("redis.perfscope");
  std::string pid = std::to_string(server_.pid());
  Background perf({"perf", "record", "-q", "-F", "999", "-g", "-e", "cpu-clock", "-a", "-o", data,
                   "--", "sleep", "12"});
  CommandResult recorded =
      run_perfscope({"record", "-q", "-F", "997", "-p", pid, "-d", "12", "-o", file});
  ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
  CommandResult other = perf.wait();
  ASSERT_EQ(other.exit_code, 0) << other.err;

  Shares ours = perfscope_shares(file);
  Shares theirs = perf_shares(data, pid);
  std::vector<std::string> functions;
  for (const auto& [function, share] : theirs) functions.push_back(function);
  for (const auto& [function, share] : ours)
    if (!theirs.contains(function)) functions.push_back(function);
  std::sort(functions.begin(), functions.end(), [&](const auto& a, const auto& b) {
    return ours[a] + theirs[a] > ours[b] + theirs[b];
  });
  ASSERT_GT(functions.size(), 10U);
  functions.resize(10);

  std::vector<double> a;
  std::vector<double> b;
  std::printf("[figures ]  perfscope     perf\n");
  for (const std::string& function : functions) {
    a.push_back(ours[function]);
    b.push_back(theirs[function]);
    std::printf("[figures ]  %7.2f %%  %7.2f %%  %s\n", 100 * a.back(), 100 * b.back(),
                function.c_str());
  }
  double samples = number(file, "SELECT sum(count) FROM samples s WHERE s.state='on_cpu'");
  double agreement = correlation(ranks(a, samples), ranks(b, samples));
  std::printf("[figures ] rank correlation %.3f over %.0f samples\n", agreement, samples);
  EXPECT_GT(samples, 1000);
  EXPECT_GE(agreement, 0.9);
}

TEST(Python, NativeFramesAreNamed) {
  TempFolder folder;
  std::string file = folder.path("python.perfscope");
  CommandResult recorded = run_perfscope(
      {"record", "-q", "-F", "499", "-o", file, "--", "/usr/bin/python3", "-c",
       "import json,time\n"
       "end=time.process_time()+2\n"
       "while time.process_time()<end: json.loads(json.dumps([list(range(50))]*50))\n"});
  ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
  double all = 0;
  double named = 0;
  double by_bounds =
      0;  // python3.11+0x1234: Debian's interpreter is stripped of its static functions
  nlohmann::json found = report(file);
  for (const auto& row : found.at("functions")) {
    double seconds = row.at("self_seconds");
    std::string name = row.at("function");
    all += seconds;
    if (name.find("+0x") != std::string::npos)
      by_bounds += seconds;
    else if (!name.starts_with("["))
      named += seconds;
  }
  std::printf("[figures ] of python3's self time %.1f %% is named, %.1f %% has function bounds\n",
              100 * named / all, 100 * by_bounds / all);
  EXPECT_GT(all, 1.5);
  EXPECT_GT((named + by_bounds) / all, 0.95);
  EXPECT_GT(self_seconds(found, "_PyEval_EvalFrameDefault"), 0);
}

}  // namespace
}  // namespace perfscope::test

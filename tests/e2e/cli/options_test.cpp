// Command lines that mean nothing.
#include <filesystem>

#include "e2e/cli/refusal.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

constexpr std::chrono::seconds kLimit{20};

struct Line {
  Command arguments;
  std::vector<std::string> words;
};

class Options : public testing::TestWithParam<Line> {};

// No recording appears, and one that is there stays.
TEST_P(Options, AreRefused) {
  TempFolder folder;
  EXPECT_TRUE(refuses(GetParam().arguments, kUsage, GetParam().words,
                      {.limit = kLimit, .folder = folder.path()}));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  folder.write("last.perfscope", "precious");
  EXPECT_TRUE(refuses(GetParam().arguments, kUsage, GetParam().words,
                      {.limit = kLimit, .folder = folder.path()}));
  EXPECT_EQ(read_all(folder.path("last.perfscope")), "precious");
}

Line record(const Command& options, const std::vector<std::string>& words) {
  Line line{{"record"}, words};
  line.arguments.insert(line.arguments.end(), options.begin(), options.end());
  return line;
}

INSTANTIATE_TEST_SUITE_P(
    Frequency, Options,
    testing::Values(record({"-F", "0"}, {"-F", "'0'", "1 to 100000"}),
                    record({"-F", "-1"}, {"-F", "'-1'"}), record({"-F", "1e9"}, {"-F", "'1e9'"}),
                    record({"-F", "abc"}, {"-F", "'abc'"}),
                    record({"-F", "99999999999999999999"}, {"-F"}), record({"-F", ""}, {"empty"}),
                    record({"-F", "99.5"}, {"-F", "'99.5'"}), record({"-F"}, {"frequency"}),
                    record({"-F", "99", "-F", "199"}, {"frequency"})));

INSTANTIATE_TEST_SUITE_P(
    Duration, Options,
    testing::Values(record({"-d", "0"}, {"-d", "'0'", "10s"}), record({"-d", "-5"}, {"-d", "'-5'"}),
                    record({"-d", "abc"}, {"-d", "'abc'"}), record({"-d", "1000y"}, {"-d", "unit"}),
                    record({"-d", "400d"}, {"-d", "year"}), record({"-d", "nan"}, {"-d"}),
                    record({"-d", "inf"}, {"-d"}), record({"-d", "1e300"}, {"-d"}),
                    record({"-d", "1e-12"}, {"-d"}), record({"-d", ""}, {"empty"}),
                    record({"-d", "1", "-d", "2"}, {"duration"}),
                    record({"--min-block", "-1ms"}, {"--min-block"}),
                    record({"--slice", "1ms"}, {"--slice"}),
                    record({"--slice", "x"}, {"--slice"})));

INSTANTIATE_TEST_SUITE_P(
    Targets, Options,
    testing::Values(record({"-p", "abc"}, {"-p", "'abc'", "process id"}),
                    record({"-p", ""}, {"empty"}), record({"-p", "0"}, {"-p"}),
                    record({"-p", "-1"}, {"-p"}), record({"-p", "1,,2"}, {"-p"}),
                    record({"-p", "99999999999999"}, {"-p"}), record({"-t", "x"}, {"tid"}),
                    record({"-t", "0"}, {"tid"}), record({"-p", "1", "-t", "1"}, {"one of"}),
                    record({"-p", "1", "-a"}, {"one of"}),
                    record({"-p", "1", "--", "true"}, {"one of"}),
                    record({"-a", "--", "true"}, {"one of"}), record({"-U", "-K"}, {"-U", "-K"}),
                    record({"--"}, {"command"})));

INSTANTIATE_TEST_SUITE_P(
    Outputs, Options,
    testing::Values(record({"-o", "x.foo"}, {"x.foo", ".svg"}),
                    record({"-o", "perfscope"}, {"format"}), record({"-o", ""}, {"empty"}),
                    record({"-o", "a.perfscope", "-o", "b.perfscope"}, {"-o"}),
                    record({"-o", "a.perfscope", "-o", "./a.perfscope"}, {"twice"}),
                    record({"--probes", "nope"}, {"nope", "list probes"}),
                    record({"--probes", "cpu,cpu"}, {"twice"}), record({"--probes", ""}, {"empty"}),
                    record({"--bogus"}, {"--bogus"})));

INSTANTIATE_TEST_SUITE_P(
    Commands, Options,
    testing::Values(Line{{"bogus"}, {"bogus", "--help"}}, Line{{"report"}, {"file"}},
                    Line{{"report", "a", "b"}, {"b"}}, Line{{"list", "x"}, {"probes"}},
                    Line{{"query", "x"}, {"sql"}},
                    Line{{"flamegraph", "x", "-o", "x.csv"}, {"x.csv", "export"}},
                    Line{{"export", "x", "-o", "x.nope"}, {"x.nope"}}, Line{{"-F", "1"}, {"-F"}}));

TEST(Help, GoesToStdout) {
  for (const Command& words :
       {Command{"--help"}, Command{"record", "--help"}, Command{"--version"}}) {
    CommandResult help = run_perfscope(words);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_NE(help.out, "");
  }
}

}  // namespace
}  // namespace perfscope::test

#include "cli/run.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/commands.h"

namespace perfscope::cli {
namespace {

std::string joined(int argc, char** argv) {
  std::string line = "perfscope";  // wherever it is installed
  for (int i = 1; i < argc; ++i) line.append(" ").append(argv[i]);
  return line;
}

// CLI11's messages may span lines; ours is one, and says where help is.
int usage_error(const CLI::ParseError& error) {
  std::string text = error.what();
  if (std::size_t line = text.find('\n'); line != std::string::npos) text.resize(line);
  log::error(text + "; see: perfscope --help");
  return static_cast<int>(ErrorCode::kUsage);
}

}  // namespace

int run(int argc, char** argv) {
  log::configure(log::Level::kNormal);
  CLI::App app("Where did the time go, what is the bottleneck, what should be done about it.",
               "perfscope");
  app.set_version_flag("--version", std::string("perfscope ") + PERFSCOPE_VERSION);
  app.footer("Without a command: records this host for 10 s and explains it (needs root).");
  app.require_subcommand(0, 1);
  bool verbose = false;
  bool quiet = false;
  app.add_flag("-v,--verbose", verbose, "say more on stderr");
  app.add_flag("-q,--quiet", quiet, "say only errors on stderr");

  Invocation invocation{joined(argc, argv), {}, false};
  // What follows "record … --" is another program's command line, options and all.
  bool records = false;
  for (int i = 1; i < argc; ++i) {
    records = records || std::string_view(argv[i]) == "record";
    if (!records || std::string_view(argv[i]) != "--") continue;
    invocation.command.assign(argv + i + 1, argv + argc);
    invocation.has_dashes = true;
    argc = i;
  }
  Action action = [&] { return diagnose(invocation); };
  add_record(app, action, invocation);
  add_report(app, action);
  add_flamegraph(app, action);
  add_export(app, action);
  add_query(app, action);
  add_list(app, action);
  add_doctor(app, action);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();  // -q and -v

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(error);
  }
  log::configure(quiet ? log::Level::kQuiet : verbose ? log::Level::kVerbose : log::Level::kNormal);

  Result<int> result = action();
  if (result) return *result;
  log::error(result.error().message());
  return static_cast<int>(result.error().code());
}

}  // namespace perfscope::cli

// flamegraph and export: views of a recording, written to files.
#include <memory>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/views.h"
#include "output/writer.h"
#include "store/reader.h"

namespace perfscope::cli {
namespace {

struct ViewArguments {
  std::string file;
  std::string view;
  model::ViewFilter filter;
  std::string output;
  bool only_flame_graphs = false;
};

Result<int> run_view(const ViewArguments& a) {
  Result<const output::OutputFormat*> format = output::format_for(a.output);
  if (!format) return Error(format.error().code(), "-o " + format.error().message());
  bool draws = (*format)->extension == ".html" || (*format)->extension == ".svg";
  if (a.only_flame_graphs && !draws)
    return Error(ErrorCode::kUsage,
                 "-o " + a.output + ": a flame graph is .html or .svg; see: perfscope export");
  Result<model::Profile> profile = store::read_profile(a.file);
  if (!profile) return profile.error();
  Status written = write_view_file(*profile, a.view, a.filter, a.output);
  if (!written) return written.error();
  log::info("wrote " + a.output);
  return 0;
}

void add_view_command(CLI::App& app, Action& action, const char* name, const char* help,
                      bool only_flame_graphs) {
  CLI::App* command = app.add_subcommand(name, help);
  auto a = std::make_shared<ViewArguments>();
  a->only_flame_graphs = only_flame_graphs;
  command->add_option("file", a->file, "a .perfscope file")->required();
  command->add_option("--view", a->view, "cpu, offcpu or wall [.html: all; else cpu]");
  command->add_option("--pid", a->filter.pid, "this process only");
  command->add_option("--tid", a->filter.tid, "this thread only");
  command->add_option("--process", a->filter.process, "processes of this name only");
  command->add_flag("--idle", a->filter.idle, "also threads that only slept");
  command->add_option("-o,--output", a->output, "file to write; the extension is the format")
      ->required();
  command->callback([a, &action] { action = [a] { return run_view(*a); }; });
}

}  // namespace

void add_flamegraph(CLI::App& app, Action& action) {
  add_view_command(app, action, "flamegraph", "draw a recording as a flame graph, .html or .svg",
                   true);
}

void add_export(CLI::App& app, Action& action) {
  add_view_command(app, action, "export", "write a recording's stacks in another format", false);
}

}  // namespace perfscope::cli

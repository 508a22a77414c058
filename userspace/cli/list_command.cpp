#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/view.h"
#include "output/writer.h"
#include "probes/registry.h"

namespace perfscope::cli {
namespace {

std::string line(std::string_view name, std::string_view help) {
  return fit(name, 18) + std::string(help) + "\n";
}

std::string list(const std::string& what) {
  std::string text;
  if (what == "probes")
    for (const probes::ProbeSpec& probe : probes::probe_specs())
      text += line(probe.name, std::string(probe.help) + (probe.on_by_default ? "" : " (off)"));
  if (what == "outputs")
    for (const output::OutputFormat& format : output::output_formats())
      text += line(format.extension, format.description);
  if (what == "views")
    for (const model::ViewSpec& view : model::view_specs()) text += line(view.name, view.help);
  return text;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("list", "list probes, outputs or views");
  auto what = std::make_shared<std::string>();
  command->add_option("what", *what, "probes, outputs or views")
      ->required()
      ->check(CLI::IsMember({"probes", "outputs", "views"}));
  command->callback([what, &action] { action = [what] { return print(list(*what)); }; });
}

}  // namespace perfscope::cli

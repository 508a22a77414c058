#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "output/report.h"
#include "store/reader.h"

namespace perfscope::cli {

void add_report(CLI::App& app, Action& action) {
  struct Arguments {
    std::string file;
    bool json = false;
    std::size_t rows = 10;
  };
  CLI::App* command = app.add_subcommand("report", "explain a recording");
  auto a = std::make_shared<Arguments>();
  command->add_option("file", a->file, "a .perfscope file")->required();
  command->add_flag("--json", a->json, "as JSON; docs/report-json.md");
  command->add_option("--rows", a->rows, "rows of each table [10]")->check(CLI::Range(1, 100000));
  command->callback([a, &action] {
    action = [a]() -> Result<int> {
      Result<model::Profile> profile = store::read_profile(a->file);
      if (!profile) return profile.error();
      output::Report report = output::make_report(*profile);
      if (a->json) return print(output::report_as_json(report));
      output::TextOptions options = text_options();
      options.rows = a->rows;
      return print(output::report_as_text(report, options));
    };
  });
}

}  // namespace perfscope::cli

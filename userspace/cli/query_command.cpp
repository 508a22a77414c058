#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "store/reader.h"

namespace perfscope::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;  // the first is the column names

std::string as_tabs(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text.append(i == 0 ? "" : "\t").append(row[i]);
    text += '\n';
  }
  return text;
}

std::string as_table(const Rows& rows) {
  constexpr std::size_t kWidest = 60;
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::min(std::max(widths[i], columns(printable(row[i]))), kWidest);
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fit(printable(row[i]), widths[i]) + "  ";
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string as_json(const Rows& rows) {
  nlohmann::json document = nlohmann::json::array();
  for (std::size_t r = 1; r < rows.size(); ++r) {
    nlohmann::json object = nlohmann::json::object();
    for (std::size_t i = 0; i < rows[r].size(); ++i) object[rows[0][i]] = rows[r][i];
    document.push_back(std::move(object));
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void add_query(CLI::App& app, Action& action) {
  struct Arguments {
    std::string file;
    std::string sql;
    bool json = false;
  };
  CLI::App* command =
      app.add_subcommand("query", "run a read-only SQL query on a recording; docs/file-format.md");
  auto a = std::make_shared<Arguments>();
  command->add_option("file", a->file, "a .perfscope file")->required();
  command->add_option("sql", a->sql, "one SELECT statement")->required();
  command->add_flag("--json", a->json, "as JSON");
  command->callback([a, &action] {
    action = [a]() -> Result<int> {
      Rows rows;
      Status done = store::query(a->file, a->sql,
                                 [&](const std::vector<std::string>& row) { rows.push_back(row); });
      if (!done) return done.error();
      if (a->json) return print(as_json(rows));
      return print(stdout_is_terminal() ? as_table(rows) : as_tabs(rows));
    };
  });
}

}  // namespace perfscope::cli

#include "cli/views.h"

#include <vector>

#include "output/writer.h"

namespace perfscope::cli {
namespace {

bool holds_several(const output::OutputFormat& format) { return format.extension == ".html"; }

Result<std::vector<model::View>> make_views(const model::Profile& profile, const std::string& name,
                                            const model::ViewFilter& filter, bool several) {
  std::vector<model::View> views;
  if (!name.empty() || !several) {
    Result<model::View> view = make_view(profile, name.empty() ? "cpu" : name, filter);
    if (!view && name.empty()) view = make_view(profile, "offcpu", filter);
    if (!view) return view.error();
    views.push_back(std::move(*view));
    return views;
  }
  std::string reason;
  for (const model::ViewSpec& spec : model::view_specs()) {
    Result<model::View> view = make_view(profile, spec.name, filter);
    if (view)
      views.push_back(std::move(*view));
    else
      reason = view.error().message();
  }
  if (views.empty()) return Error(ErrorCode::kBadInput, reason);
  return views;
}

}  // namespace

Status write_view_file(const model::Profile& profile, const std::string& view,
                       const model::ViewFilter& filter, const std::string& path) {
  Result<const output::OutputFormat*> format = output::format_for(path);
  if (!format) return format.error();
  bool several = holds_several(**format);
  Result<std::vector<model::View>> views = make_views(profile, view, filter, several);
  if (!views) return views.error();
  Result<std::string> bytes =
      several ? output::write_html(*views) : (*format)->write(views->front(), {});
  if (!bytes) return bytes.error();
  return output::write_file(path, *bytes);
}

}  // namespace perfscope::cli

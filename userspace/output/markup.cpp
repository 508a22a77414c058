#include "output/markup.h"

#include "base/text.h"

namespace perfscope::output {

std::string escape_markup(std::string_view text) {
  std::string out;
  for (char byte : printable(text)) {
    switch (byte) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += byte;
    }
  }
  return out;
}

std::string escape_json_for_script(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (char byte : json) {
    if (byte == '<')
      out += "\\u003c";
    else
      out += byte;
  }
  return out;
}

}  // namespace perfscope::output

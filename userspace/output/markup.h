// Names from outside on their way into HTML, SVG and scripts.
#pragma once

#include <string>
#include <string_view>

namespace perfscope::output {

// Text fit for element content and quoted attributes of HTML and XML.
std::string escape_markup(std::string_view text);

// JSON fit for a <script type="application/json">: '<' cannot begin a tag any more.
std::string escape_json_for_script(std::string_view json);

}  // namespace perfscope::output

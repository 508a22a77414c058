# cmake -DINPUT=page.html -DOUTPUT=page.cpp -P EmbedPage.cmake: a file's bytes as a C++ array.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)"
       "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"output/page.h\"

namespace perfscope::output {
namespace {

const unsigned char kPage[] = {
${bytes}
};

}  // namespace

std::string_view page_template() {
  return {reinterpret_cast<const char*>(kPage), sizeof kPage};
}

}  // namespace perfscope::output
")

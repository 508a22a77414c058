#include "symbolizer/demangle.h"

#include <csetjmp>
#include <cstring>

#define HAVE_DECL_BASENAME 1  // else libiberty.h declares one that contradicts <cstring>
#include <libiberty/demangle.h>

namespace perfscope::symbolizer {
namespace {

// Without DMGL_NO_RECURSE_LIMIT: libiberty's own limit on recursion stays in force.
constexpr int kOptions = DMGL_PARAMS | DMGL_ANSI;

using Demangler = int (*)(const char*, int, demangle_callbackref, void*);

// Receives the pieces of a demangled name. A short mangled name can stand for gigabytes of text,
// which the demangler produces piece by piece and cannot be told to stop: when the buffer is full
// it is left with longjmp. It holds no memory then but what is on its stack.
struct Sink {
  std::jmp_buf leave;
  std::size_t used = 0;
  char text[kMaxDemangledName];
};

void append(const char* piece, std::size_t length, void* opaque) {
  auto* sink = static_cast<Sink*>(opaque);
  if (length > sizeof sink->text - sink->used) std::longjmp(sink->leave, 1);  // NOLINT
  std::memcpy(sink->text + sink->used, piece, length);
  sink->used += length;
}

enum class Verdict { kNotMangled, kComplete, kCut };

// No object with a destructor may live in this frame.
Verdict run(Demangler demangler, const char* mangled, Sink* sink) {
  sink->used = 0;
  if (setjmp(sink->leave) != 0) return Verdict::kCut;  // NOLINT
  return demangler(mangled, kOptions, append, sink) != 0 && sink->used > 0 ? Verdict::kComplete
                                                                           : Verdict::kNotMangled;
}

}  // namespace

std::string demangle(std::string_view name) {
  constexpr std::string_view kPlt = "@plt";
  bool is_mangled = name.starts_with("_Z") || name.starts_with("_R");
  if (!is_mangled || name.size() > kMaxMangledName) return std::string(name);
  bool is_stub = name.ends_with(kPlt);
  const std::string mangled(is_stub ? name.substr(0, name.size() - kPlt.size()) : name);

  Sink sink;
  // Rust first: its legacy names are valid C++ names too, with the hash as the last component.
  Verdict verdict = run(rust_demangle_callback, mangled.c_str(), &sink);
  if (verdict == Verdict::kNotMangled)
    verdict = run(cplus_demangle_v3_callback, mangled.c_str(), &sink);
  if (verdict == Verdict::kNotMangled) return std::string(name);
  std::string text(sink.text, sink.used);
  if (verdict == Verdict::kCut) text += "...";
  if (is_stub) text += kPlt;
  return text;
}

}  // namespace perfscope::symbolizer

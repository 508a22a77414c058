#include "symbolizer/demangle.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>

#define HAVE_DECL_BASENAME 1  // else libiberty.h declares one that contradicts <cstring>
#include <libiberty/demangle.h>

namespace perfscope::symbolizer {
namespace {

// Without DMGL_NO_RECURSE_LIMIT: libiberty's own limit on recursion stays in force.
constexpr int kOptions = DMGL_PARAMS | DMGL_ANSI;

using Demangler = int (*)(const char*, int, demangle_callbackref, void*);

// More pieces than this, empty ones among them, are a bomb.
constexpr std::size_t kMaxPieces = 65536;

// Receives the pieces of a demangled name. A short mangled name can stand for gigabytes of text,
// which the demangler produces piece by piece and cannot be told to stop: when the buffer is full
// it is left with longjmp.
struct Sink {
  std::jmp_buf leave;
  std::size_t used = 0;
  std::size_t pieces = 0;
  bool is_full = false;
  char text[kMaxDemangledName];
};

// Memory that the demangler holds would be lost. It holds some only while it prints a decoded
// identifier (Punycode), never while it prints what stands between identifiers.
bool is_safe_to_leave(char first) {
  return first == ':' || first == '<' || first == '>' || first == ',' || first == ' ' ||
         first == '(' || first == ')' || first == '&' || first == '*';
}

void append(const char* piece, std::size_t length, void* opaque) {
  auto* sink = static_cast<Sink*>(opaque);
  bool is_bomb = ++sink->pieces > kMaxPieces;
  bool may_leave = sink->is_full && length > 0 && is_safe_to_leave(piece[0]);
  if (is_bomb || may_leave) std::longjmp(sink->leave, 1);  // NOLINT
  std::size_t taken = std::min(length, sizeof sink->text - sink->used);
  if (taken > 0) std::memcpy(sink->text + sink->used, piece, taken);
  sink->used += taken;
  sink->is_full |= taken < length;
}

enum class Verdict { kNotMangled, kComplete, kCut };

// No object with a destructor may live in this frame.
Verdict run(Demangler demangler, const char* mangled, Sink* sink) {
  sink->used = 0;
  sink->pieces = 0;
  sink->is_full = false;
  if (setjmp(sink->leave) != 0) return Verdict::kCut;  // NOLINT
  if (demangler(mangled, kOptions, append, sink) == 0 || sink->used == 0)
    return Verdict::kNotMangled;
  return sink->is_full ? Verdict::kCut : Verdict::kComplete;
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

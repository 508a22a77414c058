set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(PERFSCOPE_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")
option(PERFSCOPE_FUZZERS "Build the libFuzzer targets (needs clang++ as the compiler)" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
                    $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
# GCC 12 reports overlaps inside std::string's own operator+ (GCC bug 105651).
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(PERFSCOPE_SANITIZE)
  add_compile_options(-fsanitize=${PERFSCOPE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PERFSCOPE_SANITIZE})
endif()

# A layer is a static library whose headers are included by their path from the layer root:
# "base/fd.h", "model/profile.h", "symbolizer/symbolizer.h".
function(perfscope_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/userspace ${CMAKE_SOURCE_DIR})
endfunction()

# perfscope_bpf_object(NAME): compiles bpf/NAME.bpf.c for the BPF target and turns the object into
# the skeleton header NAME.skel.h, offered by the interface target bpf_NAME. The object is built
# from bpf/kernel.h alone: neither kernel headers nor the build host's BTF are needed.
function(perfscope_bpf_object name)
  set(source ${CMAKE_SOURCE_DIR}/bpf/${name}.bpf.c)
  set(object ${CMAKE_BINARY_DIR}/bpf/${name}.bpf.o)
  set(skeleton ${CMAKE_BINARY_DIR}/bpf/${name}.skel.h)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bpf/*.h)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bpf)

  add_custom_command(
    OUTPUT ${object}
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -O2 -g -std=gnu11
            -Wall -Wextra -Werror -Wno-unused-parameter
            -I${CMAKE_SOURCE_DIR}/bpf -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -c ${source} -o ${object}
    DEPENDS ${source} ${headers}
    COMMENT "BPF object ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${skeleton}
    DEPENDS ${object}
    COMMENT "BPF skeleton ${name}" VERBATIM)

  add_custom_target(bpf_${name}_skeleton DEPENDS ${skeleton})
  add_library(bpf_${name} INTERFACE)
  add_dependencies(bpf_${name} bpf_${name}_skeleton)
  target_include_directories(bpf_${name} SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/bpf)
  target_link_libraries(bpf_${name} INTERFACE PkgConfig::LIBBPF)
endfunction()

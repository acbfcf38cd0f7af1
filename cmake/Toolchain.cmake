# Compiler, linker and warning settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes the empty half of a std::optional for an uninitialized value when it optimises.
  add_compile_options(-Wno-maybe-uninitialized)
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header is part of every command line; without these settings ccache refuses such compilations.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

set(SB_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")
if(SB_SANITIZE)
  add_compile_options(-fsanitize=${SB_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SB_SANITIZE})
  if(SB_SANITIZE MATCHES thread)
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/tsan_protobuf.h>")
  endif()
endif()

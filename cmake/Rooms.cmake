# What most sources include, and what every test does, compiled once each. The libraries of a room are left out: GCC takes
# such a header only where the macros are the same as where it was made. A test ships nothing, so it is not optimised.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch.cc CONTENT "")  # written once
set(pch_headers <absl/status/statusor.h> <absl/time/time.h> <fmt/format.h>
  <chrono> <condition_variable> <functional> <map> <memory> <mutex> <optional> <string> <thread> <utility> <vector>)
add_library(sb_pch STATIC ${CMAKE_BINARY_DIR}/pch.cc)
target_link_libraries(sb_pch PUBLIC fmt::fmt)
target_precompile_headers(sb_pch PRIVATE ${pch_headers})
add_library(sb_test_pch STATIC ${CMAKE_BINARY_DIR}/pch.cc)
target_link_libraries(sb_test_pch PUBLIC GTest::gmock GTest::gtest fmt::fmt)
target_precompile_headers(sb_test_pch PRIVATE ${pch_headers}
  <gmock/gmock.h> <gtest/gtest.h> <google/protobuf/message.h> <google/protobuf/util/message_differencer.h>)
target_compile_options(sb_test_pch PRIVATE $<$<CONFIG:Release>:-O0>)

# A room is one static library `sb_<name>`; its tests stand beside its sources.
#
#   room(db SOURCES pool.cc tx.cc SQL queries.sql MIGRATIONS migrations/0001_x.sql PROTOS testing.proto
#        DEPS sb_status PkgConfig::pq)
# In Release the sources of a room are compiled six at a time, which halves a build from nothing; the other presets compile
# each by itself, and so find an include that is missing. APART: this room's are never together, because names of one file
# mean something else in another.
# NO_PCH: from a precompiled std::string GCC 12 warns in some of the room's sources of bounds that are not overstepped.
#
#   room_test(db tx_test.cc)                 a unit test: no I/O
#   room_test(db pool_integration_test.cc)   needs PostgreSQL and Redis; *_integration_test.cc gets the label `integration`
function(room name)
  cmake_parse_arguments(ARG "NO_PCH;APART" "SQL" "SOURCES;DEPS;MIGRATIONS" ${ARGN})
  set(target sb_${name})
  set(generated)
  set(gen_dir ${CMAKE_CURRENT_BINARY_DIR})
  if(ARG_SQL)
    # queries.sql -> queries.h
    add_custom_command(OUTPUT ${gen_dir}/queries.h
      COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/sqlgen queries ${name} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SQL} ${gen_dir}/queries.h
      DEPENDS ${ARG_SQL} ${CMAKE_SOURCE_DIR}/tools/sqlgen VERBATIM)
    list(APPEND generated ${gen_dir}/queries.h)
  endif()
  if(ARG_MIGRATIONS)
    # migrations/*.sql -> migrations.h, the SQL and its checksums compiled in
    list(TRANSFORM ARG_MIGRATIONS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE migration_files)
    add_custom_command(OUTPUT ${gen_dir}/migrations.h
      COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/sqlgen migrations ${name} ${gen_dir}/migrations.h ${migration_files}
      DEPENDS ${ARG_MIGRATIONS} ${CMAKE_SOURCE_DIR}/tools/sqlgen VERBATIM)
    list(APPEND generated ${gen_dir}/migrations.h)
  endif()
  if(ARG_SOURCES OR generated)
    add_library(${target} STATIC ${ARG_SOURCES} ${generated})
    if(NOT ARG_NO_PCH)
      target_precompile_headers(${target} REUSE_FROM sb_pch)
    endif()
    if(NOT ARG_APART AND CMAKE_BUILD_TYPE STREQUAL "Release")
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    endif()
    set(visibility PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(visibility INTERFACE)
  endif()
  # #include "pkg/db/tx.h", and "services/tenant/queries.h" for what is generated.
  target_include_directories(${target} ${visibility} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${target} ${visibility} ${ARG_DEPS} absl::status absl::statusor absl::strings fmt::fmt Threads::Threads)
endfunction()

function(room_test name source)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  get_filename_component(test ${source} NAME_WE)
  set(target ${name}_${test})
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE sb_${name} ${ARG_DEPS} sb_test_pch GTest::gtest_main)
  target_precompile_headers(${target} REUSE_FROM sb_test_pch)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
  add_test(NAME ${name}/${test} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name}/${test} PROPERTIES TIMEOUT 300
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/tsan.supp ignore_noninstrumented_modules=1 second_deadlock_stack=1;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/lsan.supp print_suppressions=0")
  if(test MATCHES "_integration_test$")
    set_tests_properties(${name}/${test} PROPERTIES LABELS integration)
  else()
    set_tests_properties(${name}/${test} PROPERTIES LABELS unit)
  endif()
endfunction()

# Compiles .proto files into a static library. Generated headers are included by their path below `api` (or below ROOT).
function(proto_library target)
  cmake_parse_arguments(ARG "" "ROOT" "PROTOS;DEPS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" ".pb" stem ${proto})
    add_custom_command(OUTPUT ${out}/${stem}.cc ${out}/${stem}.h
      COMMAND ${PROTOC} --cpp_out=${out} -I ${ARG_ROOT} -I ${CMAKE_SOURCE_DIR}/api -I ${GOOGLEAPIS_DIR} ${proto}
      DEPENDS ${ARG_ROOT}/${proto} WORKING_DIRECTORY ${ARG_ROOT} VERBATIM)
    list(APPEND sources ${out}/${stem}.cc ${out}/${stem}.h)
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_compile_options(${target} PRIVATE -w)
  if(target MATCHES "_testing$")  # ships nothing either
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
  endif()
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
endfunction()

# Adds the bytes of a file to `target` as `std::string_view FUNCTION()` in NAMESPACE.
function(embed target namespace function file)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${function}.cc)
  add_custom_command(OUTPUT ${output}
    COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/embed ${namespace} ${function} ${file} ${output}
    DEPENDS ${file} ${CMAKE_SOURCE_DIR}/tools/embed VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

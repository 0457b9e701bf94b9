# Warnings, optimization, sanitizers and ccache: the same for every target.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  # What one clone of the sources has compiled, another one finds; precompiled headers need the sloppiness.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wno-unknown-pragmas)
option(FLASHCELL_UNITED "Compile several sources of a target together: half the time from scratch, longer after a small change" ON)
# A file's own names hide what other files call theirs.
if(FLASHCELL_UNITED)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>)
else()
  add_compile_options(-Wshadow)
endif()
# A warning is an error with the compiler that the sources are kept clean for; what another one warns of stops nobody's build.
# Sanitizers make warnings of their own that are none.
set(clean OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\." AND NOT FLASHCELL_SANITIZE)
  set(clean ON)
endif()
option(FLASHCELL_WARNINGS_AS_ERRORS "Stop at a compiler's warning" ${clean})
set(CMAKE_COMPILE_WARNING_AS_ERROR ${FLASHCELL_WARNINGS_AS_ERRORS})

# Same bytes on every machine: no contraction into fused multiply-add that only some have.
add_compile_options(-ffp-contract=off)

# Libraries can be linked into a shared one, whose functions somebody might replace: GCC then inlines none that others see.
# Nobody does.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)

# What turns a memory error into an end instead of a way in. Sanitizers and fuzzers find the same errors by other means.
option(FLASHCELL_HARDENING "Fortified library calls, stack protector, stack-clash protection, read-only relocations" ON)
if(FLASHCELL_HARDENING AND NOT FLASHCELL_SANITIZE AND NOT FLASHCELL_FUZZ)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection)
  add_compile_options($<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

# A program starts with the libraries that it calls, not with all that a library of ours has named: OpenCV's videoio alone loads 240.
add_link_options(-Wl,--as-needed)

if(FLASHCELL_SANITIZE)
  add_compile_options(-fsanitize=${FLASHCELL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FLASHCELL_SANITIZE})
  if(FLASHCELL_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND FLASHCELL_UNITED)
  # Of a large file a sixth of GCC's time goes into collecting garbage that there is room for. What it makes is the same.
  add_compile_options(--param=ggc-min-heapsize=524288)
endif()

if(FLASHCELL_FUZZ)
  # Coverage in the libraries too: it is what leads the fuzzer on.
  add_compile_options(-fsanitize=fuzzer-no-link)
  # toml++ 3.3.0 calls the way unreachable that letters beyond ASCII take outside of strings (is_non_ascii_horizontal_whitespace); what
  # compilers make of it is right, and a test says so.
  add_compile_options(-fno-sanitize=unreachable)
endif()

# flashcell_compile_quickly(TARGET …): under sanitizers neither optimized nor, with NO_FUZZING, told apart by a fuzzer.
function(flashcell_compile_quickly)
  cmake_parse_arguments(Q "NO_FUZZING" "" "" ${ARGN})
  foreach(target IN LISTS Q_UNPARSED_ARGUMENTS)
    if(FLASHCELL_SANITIZE)
      target_compile_options(${target} PRIVATE -O0)
      set_target_properties(${target} PROPERTIES FLASHCELL_COMPILED_QUICKLY ON)
    endif()
    if(FLASHCELL_FUZZ AND Q_NO_FUZZING)
      target_compile_options(${target} PRIVATE -fno-sanitize=fuzzer-no-link)
    endif()
  endforeach()
endfunction()

# flashcell_targets_below(VARIABLE FOLDER …): the targets of these folders and of all below them.
function(flashcell_targets_below variable)
  set(folders ${ARGN})
  set(all)
  while(folders)
    list(POP_FRONT folders folder)
    get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    list(APPEND folders ${below})
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    list(APPEND all ${targets})
  endwhile()
  set(${variable} ${all} PARENT_SCOPE)
endfunction()

# flashcell_share_headers(FOLDER …): what nearly every source includes, parsed once for all libraries below these folders that are
# compiled alike. Sources name what they use all the same: clang-tidy reads them without.
function(flashcell_share_headers)
  # As the package says to who links it.
  get_target_property(of_fmt fmt::fmt INTERFACE_COMPILE_DEFINITIONS)
  foreach(speed optimized quick)
    add_library(flashcell_${speed}_headers OBJECT EXCLUDE_FROM_ALL cmake/shared_headers.cpp)
    target_link_libraries(flashcell_${speed}_headers PRIVATE fmt::fmt)
    target_precompile_headers(flashcell_${speed}_headers PRIVATE <algorithm> <array> <cmath> <cstdint> <filesystem> <fmt/format.h>
      <fstream> <functional> <limits> <map> <memory> <optional> <span> <sstream> <stdexcept> <string> <utility> <vector>)
  endforeach()
  flashcell_compile_quickly(flashcell_quick_headers)
  flashcell_targets_below(targets ${ARGN})
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(own ${target} PRECOMPILE_HEADERS)
    get_target_property(reused ${target} PRECOMPILE_HEADERS_REUSE_FROM)
    get_target_property(quick ${target} FLASHCELL_COMPILED_QUICKLY)
    if(type STREQUAL STATIC_LIBRARY AND NOT own AND NOT reused)
      target_compile_definitions(${target} PRIVATE ${of_fmt})
      if(quick)
        target_precompile_headers(${target} REUSE_FROM flashcell_quick_headers)
      else()
        target_precompile_headers(${target} REUSE_FROM flashcell_optimized_headers)
      endif()
    endif()
  endforeach()
endfunction()

# flashcell_unite(FOLDER …): so for every target below these folders. Sources that are compiled once for each instruction set stay
# apart, and targets whose own UNITY_BUILD is OFF.
function(flashcell_unite)
  if(NOT FLASHCELL_UNITED)
    return()
  endif()
  flashcell_targets_below(targets ${ARGN})
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(united ${target} UNITY_BUILD)
    if(type MATCHES "LIBRARY|EXECUTABLE" AND NOT type STREQUAL INTERFACE_LIBRARY AND NOT united STREQUAL OFF)
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
      get_target_property(sources ${target} SOURCES)
      get_target_property(place ${target} SOURCE_DIR)
      foreach(source IN LISTS sources)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${place})
        if(EXISTS ${source})
          file(STRINGS ${source} each_target REGEX "foreach_target\\.h" LIMIT_COUNT 1)
          if(each_target)
            set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
          endif()
        endif()
      endforeach()
    endif()
  endforeach()
endfunction()

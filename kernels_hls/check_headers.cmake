# cmake -DCOMPILER=… -DROOT=… -P check_headers.cmake: compiles every header of the kernels alone, the testbenches
# and the top functions.
file(GLOB headers RELATIVE ${ROOT} ${ROOT}/kernels_hls/*/*.hpp)
list(FILTER headers EXCLUDE REGEX kernels_hls/emulation)
file(GLOB testbenches ${ROOT}/kernels_hls/*/*_test.cpp)
file(GLOB tops ${ROOT}/kernels_hls/*/*_v[0-9]*.cpp)
set(command ${COMPILER} -std=c++14 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wno-unknown-pragmas -Werror -I${ROOT}
            -I${ROOT}/kernels_hls/emulation -x c++)
if(NOT headers OR NOT testbenches)
  message(FATAL_ERROR "no kernel headers under ${ROOT}/kernels_hls")
endif()

function(check)
  execute_process(COMMAND ${command} ${ARGN} RESULT_VARIABLE result ERROR_VARIABLE errors)
  if(result)
    list(JOIN ARGN " " what)
    message(SEND_ERROR "${COMPILER}: ${what}\n${errors}")
  endif()
endfunction()

foreach(header IN LISTS headers)
  check(-include ${header} /dev/null)
endforeach()
foreach(source IN LISTS testbenches tops)
  check(${source})
  check(-D__VITIS_HLS__ ${source})
endforeach()

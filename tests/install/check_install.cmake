# Installs what was built, runs the installed program, builds a program outside the tree against the installed library.
# -DBUILD=build folder -DSOURCE=this folder -DWORK=scratch folder -DCOMPILER=C++ compiler -DTYPE=build type
function(run)
  cmake_parse_arguments(R "" "SAYS" "COMMAND" ${ARGN})
  execute_process(COMMAND ${R_COMMAND} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${R_COMMAND}: exit code ${code}\n${out}")
  endif()
  if(R_SAYS AND NOT out MATCHES "${R_SAYS}")
    message(FATAL_ERROR "${R_COMMAND}: does not say '${R_SAYS}' but\n${out}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/usr)
run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component program)
# A user gets the program, what it starts, documents and networks; nothing to build with.
file(GLOB_RECURSE files RELATIVE ${prefix} ${prefix}/*)
foreach(file IN LISTS files)
  if(NOT file MATCHES "^(bin/flashcell|lib[^.]*/flashcell/(flashcell|software_xrt/.+)|share/doc/flashcell/.+|share/flashcell/networks/.+)$" OR
     file MATCHES "\\.(a|hpp|h|cmake|cpp)$")
    message(FATAL_ERROR "installed for users, though none needs it: ${file}")
  endif()
endforeach()
set(flashcell ${prefix}/bin/flashcell)
run(COMMAND ${flashcell} --version SAYS "^flashcell [0-9]")
set(scene "synth:discs?objects=5&size=128x128&frames=20&fps=2000&seed=1")
run(COMMAND ${flashcell} track ${scene} -o ${WORK}/out --segment.method threshold --output.overlay false SAYS "found 5 tracks")
if(EXISTS ${BUILD}/software_xrt/flashcell.xclbin)
  run(COMMAND ${flashcell} track ${scene} -o ${WORK}/out --segment.method threshold --output.overlay false --device xrt --emulated
    SAYS "found 5 tracks")
endif()

run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component development)
run(COMMAND ${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${WORK}/consumer -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${TYPE}
  -DCMAKE_PREFIX_PATH=${prefix})
run(COMMAND ${CMAKE_COMMAND} --build ${WORK}/consumer)
run(COMMAND ${WORK}/consumer/consumer ${prefix}/share/flashcell/networks/roi_mnist/int8.fcnn SAYS "2 tracks\n10 classes")

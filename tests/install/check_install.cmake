# Installs what was built, runs the installed program, builds a program outside the tree against the installed library.
# -DBUILD=build folder -DSOURCE=this folder -DWORK=scratch folder -DCOMPILER=C++ compiler -DTYPE=build type
include(${CMAKE_CURRENT_LIST_DIR}/run_and_check.cmake)

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/usr)
run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component program)
check_user_files(${prefix})
run(COMMAND ${prefix}/bin/flashcell --version SAYS "^flashcell [0-9]")
check_program(${prefix}/bin/flashcell ${BUILD} ${WORK}/out)

run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component development)
run(COMMAND ${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${WORK}/consumer -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${TYPE}
  -DCMAKE_PREFIX_PATH=${prefix})
run(COMMAND ${CMAKE_COMMAND} --build ${WORK}/consumer)
run(COMMAND ${WORK}/consumer/consumer ${prefix}/share/flashcell/networks/roi_mnist/int8.fcnn SAYS "2 tracks\n10 classes")

# Makes the Debian package, unpacks it into an empty root and runs the program there with the system's libraries.
# -DBUILD=build folder -DWORK=scratch folder -DCPACK=cpack -DDPKG_DEB=dpkg-deb
include(${CMAKE_CURRENT_LIST_DIR}/run_and_check.cmake)

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(COMMAND ${CPACK} -G DEB --config ${BUILD}/CPackConfig.cmake -B ${WORK}/made)
file(GLOB packages ${WORK}/made/*.deb)
list(LENGTH packages count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "one package is wanted, not: ${packages}")
endif()

# It names the libraries that it needs, and says the version that the program says.
run(COMMAND ${DPKG_DEB} --field ${packages} Depends SAYS "libopencv-core.*libtinyxml2")
run(COMMAND ${DPKG_DEB} --field ${packages} Version OUTPUT version)
string(STRIP "${version}" version)

set(root ${WORK}/root)
run(COMMAND ${DPKG_DEB} --extract ${packages} ${root})
file(GLOB top RELATIVE ${root} ${root}/*)
if(NOT top STREQUAL "usr")
  message(FATAL_ERROR "the package has files outside /usr: ${top}")
endif()
check_user_files(${root}/usr)
# Nothing of the build's folder may help it.
run(COMMAND ${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH ${root}/usr/bin/flashcell --version SAYS "^flashcell ${version}\n$")
file(GLOB program ${root}/usr/lib*/flashcell/flashcell ${root}/usr/lib/*/flashcell/flashcell)
run(COMMAND readelf --dynamic ${program} OUTPUT dynamic)
if(dynamic MATCHES "R(UN)?PATH[^\n]*${BUILD}")
  message(FATAL_ERROR "the installed program looks for libraries in the build folder\n${dynamic}")
endif()
check_program(${root}/usr/bin/flashcell ${BUILD} ${WORK}/out)

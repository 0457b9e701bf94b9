# What an installed flashcell is: the program with what it starts, and a library for C++ programs (find_package(flashcell)).
# Components: `program` (the Debian package) and `development`.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(private_folder ${CMAKE_INSTALL_LIBDIR}/flashcell)

# flashcell finds what it starts beside itself; the name on PATH is a link to it.
install(TARGETS flashcell RUNTIME DESTINATION ${private_folder} COMPONENT program)
install(CODE "
  file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  file(RELATIVE_PATH place \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\" \"\${CMAKE_INSTALL_PREFIX}/${private_folder}/flashcell\")
  file(CREATE_LINK \"\${place}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/flashcell\" SYMBOLIC)
" COMPONENT program)
if(TARGET flashcell_software_xrt)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/software_xrt DESTINATION ${private_folder} COMPONENT program)
endif()
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program
  FILES_MATCHING PATTERN "*.md" PATTERN "*.toml" PATTERN "*.svg" PATTERN "*.jpg")
# The trained networks that detect, classify and bench take.
install(DIRECTORY quant_models/recipes/trained/ DESTINATION ${CMAKE_INSTALL_DATADIR}/flashcell/networks COMPONENT program
  FILES_MATCHING PATTERN "*.fcnn" PATTERN "float.onnx")

# The labeller, the tracker and the network engine. Headers keep the places that they have here, below include/flashcell.
set(public_libraries
  flashcell_base flashcell_contract flashcell_hls_emulation flashcell_cell_label flashcell_cell_label_kernels flashcell_highway
  flashcell_tracking_simd flashcell_tracking flashcell_pipeline flashcell_segment_simd flashcell_segment flashcell_label flashcell_launch flashcell_hls
  flashcell_packed flashcell_quant_detection flashcell_inference)
foreach(library IN LISTS public_libraries)
  string(REPLACE flashcell_ "" name ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${name})
endforeach()
install(TARGETS ${public_libraries} EXPORT flashcell COMPONENT development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${CMAKE_INSTALL_INCLUDEDIR}/flashcell)
install(EXPORT flashcell NAMESPACE flashcell:: FILE flashcellTargets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/flashcell COMPONENT development)
foreach(room base kernels_hls/contract tracking pipeline host/label host/segment host/launch host/hls host/inference quant_models/packed quant_models/tensor quant_models/layers quant_models/graph quant_models/data quant_models/models)
  install(DIRECTORY ${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/flashcell/${room}/.. COMPONENT development
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*-inl.hpp" EXCLUDE PATTERN "base/schema" EXCLUDE)
endforeach()
install(FILES quant_models/metadata.hpp quant_models/model_error.hpp quant_models/node_id.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/flashcell/quant_models COMPONENT development)
configure_package_config_file(cmake/flashcellConfig.cmake.in ${PROJECT_BINARY_DIR}/flashcellConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/flashcell)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/flashcellConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/flashcellConfig.cmake ${PROJECT_BINARY_DIR}/flashcellConfigVersion.cmake cmake/FindOpenCV.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/flashcell COMPONENT development)

# cpack -G DEB: one package with the program. What it needs is read from its libraries.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flashcell)
set(CPACK_PACKAGE_CONTACT "flashcell maintainers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/software_xrt/lib ${PROJECT_BINARY_DIR}/software_xrt/dropin)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
include(CPack)

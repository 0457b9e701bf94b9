# OpenCV's modules that we use, as the targets OpenCV::<module>. Debian ships OpenCVConfig.cmake only in libopencv-dev, which
# pulls in VTK, Qt and MPI; the modules' own packages have just headers and libraries.
find_path(OpenCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_opencv_wanted OpenCV_INCLUDE_DIR)
foreach(module IN LISTS OpenCV_FIND_COMPONENTS)
  find_library(OpenCV_${module}_LIBRARY opencv_${module})
  list(APPEND _opencv_wanted OpenCV_${module}_LIBRARY)
  if(OpenCV_${module}_LIBRARY AND NOT TARGET OpenCV::${module})
    add_library(OpenCV::${module} UNKNOWN IMPORTED)
    set_target_properties(OpenCV::${module} PROPERTIES IMPORTED_LOCATION ${OpenCV_${module}_LIBRARY}
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE_DIR}" INTERFACE_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE_DIR}")
  endif()
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCV REQUIRED_VARS ${_opencv_wanted})
mark_as_advanced(${_opencv_wanted})

# libtorch as the target LibTorch::torch. Debian's own TorchConfig.cmake asks for packages that libtorch-dev does not bring.
find_path(LibTorch_INCLUDE_DIR ATen/ATen.h)
set(_torch_wanted LibTorch_INCLUDE_DIR)
foreach(part torch torch_cpu c10)
  find_library(LibTorch_${part}_LIBRARY ${part})
  list(APPEND _torch_wanted LibTorch_${part}_LIBRARY)
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS ${_torch_wanted})
mark_as_advanced(${_torch_wanted})
if(LibTorch_FOUND AND NOT TARGET LibTorch::torch)
  add_library(LibTorch::torch INTERFACE IMPORTED)
  set_target_properties(LibTorch::torch PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_INCLUDE_DIRECTORIES "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${LibTorch_torch_LIBRARY};${LibTorch_torch_cpu_LIBRARY};${LibTorch_c10_LIBRARY}")
endif()

# Every outside library, found once. All are Debian packages: cmake/debian-packages.txt.
find_package(Threads REQUIRED)
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs videoio dnn calib3d)
find_package(TBB REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(Boost REQUIRED COMPONENTS context)
find_package(tinyxml2 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale)
add_library(flashcell_highway INTERFACE)
target_link_libraries(flashcell_highway INTERFACE PkgConfig::HWY)
# Highway 1.0 leaves out its best target unless told.
target_compile_definitions(flashcell_highway INTERFACE HWY_WANT_AVX3_DL)
if(FLASHCELL_SANITIZE)
  # The widest vectors, the usual ones and none: what lies between goes wrong in no way of its own, and takes long to compile.
  target_compile_definitions(flashcell_highway INTERFACE "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3)")
endif()
# Boards are optional: without XRT everything else builds.
find_package(XRT)

# Training only (flashcell train): cmake/debian-packages-train.txt.
find_package(LibTorch QUIET)

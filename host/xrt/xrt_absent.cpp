#include "base/error.hpp"
#include "host/xrt/list_boards.hpp"
#include "host/xrt/xrt_device.hpp"

namespace flashcell::host {

std::unique_ptr<Device> make_xrt_device(const XrtSection&, const SegmentParameters&, const contract::LabelParameters&,
                                        FrameForeground, PixelFormat, bool) {
  throw Error(Fault::device,
              "this flashcell was built without XRT; install XRT (Debian: libxrt-dev, uuid-dev), configure and build "
              "again, or choose --device cpu");
}

std::vector<BoardInfo> list_boards(bool) {
  return {};
}

bool built_with_xrt() {
  return false;
}

}  // namespace flashcell::host

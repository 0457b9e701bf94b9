#include "host/xrt_software/executor.hpp"

#include "host/xrt_software/label_executor.hpp"
#ifdef FLASHCELL_KERNEL_TOPS
#include "host/xrt_software/hls_executor.hpp"
#endif

namespace flashcell::host {

std::unique_ptr<Executor> make_executor(const std::string& name) {
  if (name == "cpu") return std::make_unique<LabelExecutor>(make_fast_labeller);
#ifdef FLASHCELL_KERNEL_TOPS
  if (name == "hls") return std::make_unique<HlsExecutor>();
#else
  if (name == "hls") return std::make_unique<LabelExecutor>(make_hls_labeller);
#endif
  throw std::invalid_argument("executor `" + name + "` is unknown; it must be cpu or hls");
}

}  // namespace flashcell::host

#include "host/xrt_software/executor.hpp"

#include "host/xrt_software/hls_executor.hpp"
#include "host/xrt_software/label_executor.hpp"

namespace flashcell::host {

std::unique_ptr<Executor> make_executor(const std::string& name) {
  if (name == "cpu") return std::make_unique<LabelExecutor>();
  if (name == "hls") return std::make_unique<HlsExecutor>();
  throw std::invalid_argument("executor `" + name + "` is unknown; it must be cpu or hls");
}

}  // namespace flashcell::host

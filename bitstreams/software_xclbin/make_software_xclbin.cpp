// make_software_xclbin FILE: the xclbin of the software device.
#include <iostream>

#include "base/command_line.hpp"
#include "base/output_file.hpp"
#include "bitstreams/software_xclbin/software_xclbin.hpp"

int main(int argc, char** argv) {
  flashcell::bitstreams::SoftwareXclbin description;
  std::string file;
  flashcell::Command app("Writes an xclbin for the software device", "make_software_xclbin");
  app.add_option("FILE", file, "The xclbin to write").required();
  app.add_option("--units", description.units, "Compute units of each kernel");
  app.add_option("--banks", description.banks, "Memory banks");
  app.add_option("--platform", description.platform, "Platform name");
  app.add_option("--kernel", description.kernels, "Kernel names; all without any");
  if (const auto answer = app.parse(argc, argv)) return flashcell::print(*answer) ? 0 : 2;
  try {
    const std::vector<uint8_t> bytes = flashcell::bitstreams::make_software_xclbin(description);
    flashcell::write_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const std::exception& e) {
    std::cerr << "make_software_xclbin: " << e.what() << "\n";
    return 1;
  }
  return 0;
}

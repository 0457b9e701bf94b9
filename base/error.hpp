#pragma once
#include <stdexcept>
#include <string>

namespace flashcell {

/// What kind of thing went wrong; the value is the program's exit code.
enum class Fault : int {
  bug = 1,     ///< ours
  usage = 2,   ///< wrong command line or configuration
  input = 3,   ///< bad, damaged or truncated input; output that cannot be written
  device = 4,  ///< a board or an emulated device
};

/// Every error a user may see: one line that says what, where and what to do.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& line) : std::runtime_error(line), fault_(fault) {}
  Fault fault() const noexcept { return fault_; }

 private:
  Fault fault_;
};

}  // namespace flashcell

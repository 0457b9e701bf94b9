#include "host/xrt/library_path.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

TEST(LibraryPath, NeverHasAnEmptyEntry) {
  // The loader takes an empty entry, and it takes colons and semicolons alike.
  EXPECT_EQ(with_library_folder("/opt/a", ""), "/opt/a");
  EXPECT_EQ(with_library_folder("/opt/a", ":"), "/opt/a");
  EXPECT_EQ(with_library_folder("/opt/a", "/b"), "/opt/a:/b");
  EXPECT_EQ(with_library_folder("/opt/a", ":/b::;/c:;"), "/opt/a:/b:/c");
}

TEST(LibraryPath, AFolderThatAListCannotHoldIsRefused) {
  for (const char* folder : {"", "a", "./a", "/opt/a:b", "/opt/a;b"})
    EXPECT_THROW(with_library_folder(folder, "/b"), Error);
}

}  // namespace
}  // namespace flashcell::host

#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "host/events/event_reader.hpp"
#include "host/events/percent_header.hpp"

// One opener a format, each in the file of its name. They throw Error(Fault::input) for what cannot be read from the
// beginning on. `name` stands in messages.
namespace flashcell {

using Bytes = std::shared_ptr<const RandomReader>;

std::unique_ptr<EventReader> open_evt2(Bytes bytes, const PercentHeader& header, const std::string& name);
std::unique_ptr<EventReader> open_evt21(Bytes bytes, const PercentHeader& header, const std::string& name);
std::unique_ptr<EventReader> open_evt3(Bytes bytes, const PercentHeader& header, const std::string& name);
std::unique_ptr<EventReader> open_dat(Bytes bytes, const PercentHeader& header, const std::string& name);
std::unique_ptr<EventReader> open_aedat2(Bytes bytes, const std::string& name);
std::unique_ptr<EventReader> open_aedat3(Bytes bytes, const std::string& name);
std::unique_ptr<EventReader> open_aedat4(Bytes bytes, const std::string& name);
std::unique_ptr<EventReader> open_nmnist(Bytes bytes, const std::string& name);
std::unique_ptr<EventReader> open_event_stream(Bytes bytes, const std::string& name);
std::unique_ptr<EventReader> open_dsec(const std::filesystem::path& path);

/// Whether bytes without any header can be an N-MNIST recording: what its first events say.
bool looks_like_nmnist(const RandomReader& bytes);
/// Whether an HDF5 file has events as DSEC's have.
bool is_dsec(const std::filesystem::path& path);

}  // namespace flashcell

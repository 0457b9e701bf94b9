// make_fuzz_seeds FOLDER: small files for the fuzzers to start from, a folder in FOLDER for each.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "quant_models/cim/device.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tests/fuzz/make_data_seeds.hpp"
#include "tests/fuzz/make_model_seeds.hpp"
#include "tests/host/events/event_files.hpp"
#include "tests/host/source/encoders.hpp"
#include "tests/support/random_model.hpp"

namespace {

using namespace flashcell::test;

bool write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  return static_cast<bool>(out);
}

// Their first byte chooses the name's ending (events_fuzz.cpp).
bool write_event_seeds(const std::filesystem::path& folder) {
  using flashcell::Packing;
  std::filesystem::create_directories(folder);
  const std::vector<flashcell::Event> events = random_events(60, 30, 30, 1);
  const std::pair<char, EventBytes> seeds[] = {{0, make_evt2(events)},
                                               {0, make_evt21(events, true)},
                                               {0, make_evt21(events, false)},
                                               {0, make_evt3(events)},
                                               {1, make_dat(events, 1)},
                                               {1, make_dat(events, 2)},
                                               {2, make_nmnist(events)},
                                               {3, make_aedat2(events)},
                                               {3, make_aedat3(events, 20)},
                                               {3, make_aedat4(events, 30, 30, 25, Packing::none)},
                                               {3, make_aedat4(events, 30, 30, 25, Packing::lz4)},
                                               {3, make_aedat4(events, 30, 30, 25, Packing::zstd)},
                                               {3, make_event_stream(events, 30, 30, StreamKind::dvs)},
                                               {3, make_event_stream(events, 30, 30, StreamKind::atis)},
                                               {3, make_event_stream(events, 30, 30, StreamKind::colour)}};
  bool written = true;
  for (size_t i = 0; i < std::size(seeds); ++i)
    written &=
        write(folder / std::to_string(i), seeds[i].first + std::string(seeds[i].second.begin(), seeds[i].second.end()));
  return written;
}

// Files of version 1, which nothing here writes any more.
bool copy_first_version_models(const std::filesystem::path& folder) {
  const std::filesystem::path from =
      std::filesystem::path(FLASHCELL_SOURCE_DIR) / "tests/host/inference/first_version/roi_mnist";
  std::error_code error;
  for (const char* name : {"int4.fcnn", "int8.fcnn"})
    if (!std::filesystem::copy_file(from / name, folder / (std::string("first_version_") + name),
                                    std::filesystem::copy_options::overwrite_existing, error))
      return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder / "cine");
  std::filesystem::create_directories(folder / "mraw");
  std::filesystem::create_directories(folder / "xclbin");
  bool written = true;
  for (const int bits : {8, 10, 12, 16}) {
    const std::vector<Picture> frames = {picture(5, 3, bits, 0), picture(5, 3, bits, 1)};
    for (const bool old_setup : {false, true}) {
      CineOptions options;
      options.bits = bits;
      options.old_setup = old_setup;
      options.version = old_setup ? 0 : 1;
      const Bytes cine = make_cine(frames, options);
      written &= write(folder / "cine" / (std::to_string(bits) + (old_setup ? "_old.cine" : ".cine")),
                       std::string(cine.begin(), cine.end()));
    }
    written &= write(folder / "mraw" / (std::to_string(bits) + ".cih"), make_cih(5, 3, bits, 9, "Save Step : 2\r\n"));
    written &= write(folder / "mraw" / (std::to_string(bits) + ".cihx"), make_cihx(5, 3, bits, 9));
  }
  for (const char* kernel : {"cell_label_exact_full_512_v3", "cell_label_cell_shape_512_v4", "vadd"}) {
    flashcell::bitstreams::SoftwareXclbin description;
    description.kernels = {kernel};
    description.units = 1;
    const auto xclbin = flashcell::bitstreams::make_software_xclbin(description);
    written &= write(folder / "xclbin" / kernel, std::string(xclbin.begin(), xclbin.end()));
  }
  std::filesystem::create_directories(folder / "array_device");
  for (const std::string& name : flashcell::quant::cim::preset_names())
    written &= write(folder / "array_device" / (name + ".toml"), flashcell::quant::cim::preset_text(name));
  std::filesystem::create_directories(folder / "packed_model");
  RandomModelOptions small;
  small.most_layers = 4;
  small.most_side = 6;
  small.most_channels = 8;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<uint8_t> bytes = flashcell::quant::packed_file_bytes(random_model(seed, small));
    written &=
        write(folder / "packed_model" / (std::to_string(seed) + ".fcnn"), std::string(bytes.begin(), bytes.end()));
  }
  written &= write_event_seeds(folder / "events");
  written &= copy_first_version_models(folder / "packed_model");
  written &= flashcell::test::make_model_seeds(folder);
  written &= flashcell::test::make_data_seeds(folder, FLASHCELL_DATA_DIR, FLASHCELL_SOURCE_DIR);
  if (!written) std::cerr << "make_fuzz_seeds: cannot write to " << folder << "\n";
  return written ? 0 : 1;
}

# Vitis HLS before 2023.2, from this folder: vitis_hls -f run_hls.tcl
# C simulation, synthesis, co-simulation and export of one build; another one by its name in the next line.
set top cell_label_cell_shape_512_v3
set streams [string match cell_label_stream_* $top]
open_project -reset work_$top
set_top $top
add_files $top.cpp -cflags "-std=c++14 -I../.."
add_files -tb [expr {$streams ? "cell_label_stream_test.cpp" : "cell_label_test.cpp"}] -cflags "-std=c++14 -I../.. -DFLASHCELL_TOP=$top"
open_solution -reset solution -flow_target [expr {$streams ? "vivado" : "vitis"}]
set_part xcu50-fsvh2104-2-e
create_clock -period 300MHz
csim_design
csynth_design
cosim_design
export_design -format [expr {$streams ? "ip_catalog" : "xo"}]
exit

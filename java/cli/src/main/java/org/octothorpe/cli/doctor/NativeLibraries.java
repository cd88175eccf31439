package org.octothorpe.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;

/** The native libraries that this process has loaded, and from where. */
final class NativeLibraries {
  private static final List<String> NAMES =
      List.of(
          "liboctothorpe",
          "libjnioctothorpe",
          "libocto_emulated",
          "libocto_cuda",
          "libdnnl",
          "libjnidnnl",
          "libgomp");

  private NativeLibraries() {}

  /** Returns the file of each library that is mapped into this process, by its name. */
  static Map<String, Path> loaded() {
    Map<String, Path> files = new LinkedHashMap<>();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      List<Path> mapped =
          lines
              .filter(line -> line.indexOf('/') >= 0)
              .map(line -> Path.of(line.substring(line.indexOf('/'))))
              .distinct()
              .toList();
      for (String name : NAMES) {
        mapped.stream()
            .filter(file -> file.getFileName().toString().startsWith(name + ".so"))
            .forEach(file -> files.putIfAbsent(file.getFileName().toString(), file));
      }
    } catch (IOException e) {
      return files;
    }
    return files;
  }

  /** Returns oneDNN's version and the instruction set that it would use at most. */
  static String oneDnn() {
    dnnl_version_t version = dnnl.dnnl_version();
    return version.major()
        + "."
        + version.minor()
        + "."
        + version.patch()
        + " (instruction set "
        + instructionSet(dnnl.dnnl_get_effective_cpu_isa())
        + ")";
  }

  private static String instructionSet(int isa) {
    if (isa == dnnl.dnnl_cpu_isa_sse41) {
      return "sse41";
    } else if (isa == dnnl.dnnl_cpu_isa_avx) {
      return "avx";
    } else if (isa == dnnl.dnnl_cpu_isa_avx2) {
      return "avx2";
    } else if (isa == dnnl.dnnl_cpu_isa_avx2_vnni) {
      return "avx2_vnni";
    } else if (isa == dnnl.dnnl_cpu_isa_avx512_core) {
      return "avx512_core";
    } else if (isa == dnnl.dnnl_cpu_isa_avx512_core_vnni) {
      return "avx512_core_vnni";
    } else if (isa == dnnl.dnnl_cpu_isa_avx512_core_bf16) {
      return "avx512_core_bf16";
    } else if (isa == dnnl.dnnl_cpu_isa_avx512_core_amx) {
      return "avx512_core_amx";
    }
    return "0x" + Integer.toHexString(isa);
  }
}

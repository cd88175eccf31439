package org.octothorpe.cuda.presets;

import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;

/**
 * The types of the core's contract that device libraries speak of. A table is a plain pointer here,
 * which the providers turn into the core's type: inheriting its bindings would link its library.
 */
final class CoreTypes {
  private CoreTypes() {}

  static void map(InfoMap infoMap) {
    infoMap.put(new Info("OCT_API").cppTypes().annotations());
    infoMap.put(new Info("oct_device_table").cast().pointerTypes("Pointer"));
  }
}

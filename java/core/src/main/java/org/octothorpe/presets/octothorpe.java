package org.octothorpe.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP how to bind the C contract of {@code native/include/octothorpe}. */
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = {
              "octothorpe/types.h",
              "octothorpe/context.h",
              "octothorpe/grouped_conv.h",
              "octothorpe/sgd.h",
              "octothorpe/linear.h",
              "octothorpe/linear_softmax.h",
              "octothorpe/softmax_cross_entropy.h",
              "octothorpe/sigmoid_cross_entropy.h",
              "octothorpe/batch_norm.h",
              "octothorpe/relu.h",
              "octothorpe/add.h",
              "octothorpe/max_pool.h",
              "octothorpe/global_average_pool.h",
              "octothorpe/convert.h",
              "octothorpe/transform_images.h",
              "octothorpe/jpeg.h"
            },
            link = "octothorpe",
            library = "jnioctothorpe"),
    target = "org.octothorpe.bindings",
    global = "org.octothorpe.bindings.octothorpe")
@NoException
public class octothorpe implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("OCT_API").cppTypes().annotations());
    infoMap.put(
        new Info("oct_status", "oct_dtype")
            .cast()
            .valueTypes("int")
            .pointerTypes("IntPointer", "IntBuffer", "int[]"));
    infoMap.put(new Info("oct_context").pointerTypes("oct_context"));
  }
}

package com.example;

import java.io.IOException;
import java.nio.file.Path;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.models.ResNeXt;

/** Inference: logits of images from a checkpoint. */
final class Classify {
  private Classify() {}

  /**
   * Returns the logits of images.
   *
   * @param network the architecture that the checkpoint holds
   * @param checkpoint a .safetensors file
   * @param pixels [n,size,size,3], normalized
   */
  static float[] logits(ResNeXt network, Path checkpoint, float[] pixels, int n, int size)
      throws IOException {
    try (var device = Device.open("cpu");
        var net = network.on(device)) {
      net.load(Checkpoint.read(checkpoint)); // strict keys and shapes
      try (var plan = net.inference(Shape.nhwc(n, size, size, 3), DType.F32)) {
        plan.input().copyFrom(pixels);
        return plan.run().toFloats(); // [n, classes]
      }
    }
  }
}

print("simk")

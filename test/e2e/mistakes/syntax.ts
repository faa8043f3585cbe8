import { inspection } from "roundsman";
export default inspection.each({ name: "team/syntax", 

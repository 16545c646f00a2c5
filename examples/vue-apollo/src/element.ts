// The parts of Element Plus that this client uses. Everything else stays out of the bundle.
import 'element-plus/es/components/base/style/css';
import 'element-plus/es/components/button/style/css';
import 'element-plus/es/components/checkbox/style/css';
import 'element-plus/es/components/dialog/style/css';
import 'element-plus/es/components/input/style/css';
import 'element-plus/es/components/tag/style/css';
import 'element-plus/theme-chalk/dark/css-vars.css';

export { ElButton, ElCheckbox, ElConfigProvider, ElDialog, ElInput, ElTag } from 'element-plus';
